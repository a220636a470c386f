/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_role - what a host is to the service at this moment. The packet path obeys it, failover decides it.
 */
#ifndef CORE_FT_ROLE_H
#define CORE_FT_ROLE_H

enum ft_role {
    FT_ROLE_OUT,     /* neither: silent as the service */
    FT_ROLE_PRIMARY, /* executes and speaks, while its lease lasts */
    FT_ROLE_BACKUP,  /* holds the advertised address, follows, is silent */
    FT_ROLE_SOLO,    /* serves alone */
};

#endif
