/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * reading - headers are parsed as TCP itself does it; one that is damaged is read as far as it makes sense.
 */
#include "models/view/reading.h"

#include "core/ft_segment.h"
#include "models/tcp/tcp_wire.h"
#include "models/web/exchange.h"
#include "models/web/message_path.h"

#include <stdio.h>
#include <string.h>

const char *const traffic_names[TRAFFICS] = {
    [TRAFFIC_CLIENT] = "client", [TRAFFIC_COPY] = "copy",       [TRAFFIC_REPORT] = "report",
    [TRAFFIC_LOG] = "log",       [TRAFFIC_CONTROL] = "control", [TRAFFIC_ANNOUNCE] = "announce",
    [TRAFFIC_OTHER] = "other",
};

enum { PROTOCOL_UDP = 17, SPAN_BYTES_MAX = 255 };

const char *reading_flags(uint8_t flags, char *text)
{
    static const struct {
        uint8_t flag;
        const char *name;
    } names[] = {
        {TCP_FLAG_SYN, "SYN"}, {TCP_FLAG_FIN, "FIN"}, {TCP_FLAG_RST, "RST"},
        {TCP_FLAG_PSH, "PSH"}, {TCP_FLAG_ACK, "ACK"},
    };
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (flags & names[i].flag)
            used += (size_t)sprintf(text + used, "%s%s", used ? " " : "", names[i].name);
    }
    return text;
}

static enum traffic traffic_of(const struct reading *self, const struct reader *reader,
                               const struct packet *packet, bool between_servers)
{
    if (packet->report)
        return TRAFFIC_REPORT;
    if (self->source_port == MESSAGE_PATH_PORT || self->destination_port == MESSAGE_PATH_PORT)
        return TRAFFIC_LOG;
    if (self->source_ip != reader->service_ip && self->destination_ip != reader->service_ip)
        return TRAFFIC_OTHER;
    return between_servers ? TRAFFIC_COPY : TRAFFIC_CLIENT;
}

static void read_record(struct reading *self, const struct reader *reader, const struct span *span)
{
    uint8_t bytes[FT_RECORD_BYTES];
    if (self->record_is_sound || span->content->kind != CONTENT_RECORD || span->offset != 0 ||
        span->length != sizeof bytes)
        return;
    span_copy(span, bytes);
    self->record_is_sound = ft_record_read(bytes, &reader->key, &self->record) == FT_RECORD_OK;
}

static void read_payload(struct reading *self, const struct reader *reader,
                         const struct packet *packet)
{
    for (unsigned i = 0; i < packet->span_count; i++) {
        const struct span *span = &packet->spans[i];
        const struct reply *reply = reply_of(span->content);
        const struct request *request = reply ? reply->request : request_of(span->content);
        read_record(self, reader, span);
        if (request == NULL || self->request != NULL)
            continue;
        self->reply = reply;
        self->request = request;
        self->offset = span->offset;
    }
}

static void read_tcp(struct reading *self, const struct reader *reader, const struct packet *packet)
{
    struct ft_segment segment;
    enum ft_reason why;
    uint32_t length = packet->header_bytes + packet->payload_bytes;
    struct tcp_segment checked;
    self->damaged = tcp_parse(packet, reader->checksums, &checked) != TCP_PARSE_OK;
    self->damaged |= packet->corrupt;
    if (!ft_segment_parse(&segment, packet->header, packet->header_bytes, length, false, &why)) {
        self->damaged = true;
        return;
    }
    self->tcp = true;
    self->source_ip = segment.source_ip;
    self->destination_ip = segment.destination_ip;
    self->source_port = segment.source_port;
    self->destination_port = segment.destination_port;
    self->seq = segment.seq;
    self->ack = segment.ack;
    self->flags = segment.flags;
    self->window = segment.window;
}

static void read_udp(struct reading *self, const struct reader *reader, const struct packet *packet)
{
    const uint8_t *at = packet->header;
    uint8_t bytes[SPAN_BYTES_MAX];
    const struct span *span = &packet->spans[0];
    self->source_ip = ft_get32(at + FT_AT_SOURCE_IP);
    self->destination_ip = ft_get32(at + FT_AT_DESTINATION_IP);
    self->source_port = ft_get16(at + FT_AT_SOURCE_PORT);
    self->destination_port = ft_get16(at + FT_AT_DESTINATION_PORT);
    self->damaged =
        packet->corrupt || ft_get16(at + FT_AT_IP_CHECKSUM) != ft_segment_ip_checksum(at);
    self->traffic = TRAFFIC_CONTROL;
    if (self->damaged || packet->span_count != 1 || span->length > sizeof bytes)
        return;
    span_copy(span, bytes);
    self->control_is_sound =
        ft_control_read(bytes, span->length, &reader->key, &self->control) == FT_CONTROL_OK;
}

void reading_of(struct reading *self, const struct reader *reader, const struct packet *packet,
                bool between_servers)
{
    *self = (struct reading){.traffic = TRAFFIC_OTHER, .length = packet->payload_bytes};
    if (packet->kind == PACKET_ARP) {
        self->traffic = TRAFFIC_ANNOUNCE;
        self->source_ip = self->destination_ip = ft_get32(packet->header);
        self->length = 0;
    } else if (packet->header[FT_AT_PROTOCOL] == PROTOCOL_UDP) {
        read_udp(self, reader, packet);
    } else {
        read_tcp(self, reader, packet);
        self->traffic =
            self->tcp ? traffic_of(self, reader, packet, between_servers) : TRAFFIC_OTHER;
        read_payload(self, reader, packet);
    }
}
