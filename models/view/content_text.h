/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * content_text - the bytes of a request or a reply as HTTP would have them, for captures.
 *
 * In the simulation a message's bytes are a pattern that says where they come from (models/net/content.h). A dissector wants
 * HTTP. Here the head is one, of exactly the message's head length, and the body is lines of 32 bytes that name the execution
 * (of a request: its number) and the place:
 *
 *     execution 00000017 @ 0000004096
 *
 * Same message, same bytes. A head too short to be HTTP is dots. Records and control messages are what they are.
 */
#ifndef MODELS_VIEW_CONTENT_TEXT_H
#define MODELS_VIEW_CONTENT_TEXT_H

#include "models/web/exchange.h"

/* Writes the span's bytes. */
void content_text(const struct span *span, uint8_t *out);

#endif
