/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture - a pcap file for each cable, as tcpdump on its host would have written it: what the host has put on the cable, and
 * what it has taken off it, at nanoseconds of simulated time.
 *
 * Headers are the simulation's own bytes. Payload is rendered (models/view/content_text.h), so a TCP checksum is corrected by
 * as much as the rendered bytes differ from the simulated ones: a right one stays right, and a wrong one (of a frame that
 * was damaged on the way) stays wrong. Where the scenario's TCP leaves checksums to the NIC they are computed here. MAC
 * addresses are 02:00:00:<network>:<port>. Not written: padding, frame check sequence.
 *
 * What a backup hands on to the primary is the segment that has just come in, once more. A dissector that meets both on one
 * cable believes in errors, so these copies go to a file of their own.
 */
#ifndef MODELS_VIEW_CAPTURE_H
#define MODELS_VIEW_CAPTURE_H

#include "models/view/events.h"

struct capture;

/* Files <directory>/<network>-<station>.pcap and, if there are copies, <network>-<station>-copies.pcap; what cannot be created
 * is told at the end. `directory` must live on. */
struct capture *capture_new(const char *directory, const struct tap *tap, bool checksums);
/* Takes what is sent and received, and says where it stands. `copy`: it is one of a segment that came in. */
struct frame_place capture_frame(struct capture *self, int64_t now_ns,
                                 const struct passage *passage, bool copy);
/* Completes the files. 0, or the errno of the first that could not be written, and its name. */
int capture_free(struct capture *self, char *name, size_t room);

#endif
