/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_plant - the thread's switch.
 */
#include "core/ft_plant.h"

#include "core/ft_poison.h"

#ifdef FT_PLANTS
_Thread_local int ft_plant_active;
#endif
