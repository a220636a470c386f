/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * capture - frames as bytes, through libpcap.
 */
#include "models/view/capture.h"

#include "core/ft_segment.h"
#include "models/view/content_text.h"
#include "sim/memory.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ETHERNET_BYTES = 14, ARP_BYTES = 28, PAYLOAD_MAX = 65535, PATH_ROOM = 4096, NAME_ROOM = 48 };
enum { PROTOCOL_TCP = 6, TYPE_IPV4 = 0x0800, TYPE_ARP = 0x0806 };
#define SECOND_NS INT64_C(1000000000)

struct capture_file {
    char name[NAME_ROOM];
    pcap_dumper_t *dumper; /* NULL: not needed yet, or could not be created */
    uint64_t frames;
    bool opened;
};

struct capture {
    pcap_t *pcap;
    const char *directory;
    struct capture_file *files; /* two for each station: all but copies, and copies */
    unsigned count;
    bool checksums;
    int error; /* errno of the first failure */
    const struct capture_file *failed;
    uint8_t frame[ETHERNET_BYTES + PACKET_HEADER_MAX + PAYLOAD_MAX];
};

/* --- bytes -------------------------------------------------------------------------------------------------------- */

static void put_mac(uint8_t *out, enum host_network network, uint16_t mac)
{
    if (mac == MAC_BROADCAST) {
        memset(out, 0xff, 6);
        return;
    }
    memset(out, 0, 6);
    out[0] = 2; /* locally administered */
    out[3] = (uint8_t)network;
    ft_put16(out + 4, mac);
}

static uint32_t put_ethernet(uint8_t *out, enum host_network network, const struct packet *packet)
{
    put_mac(out, network, packet->mac_to);
    put_mac(out + 6, network, packet->mac_from);
    ft_put16(out + 12, packet->kind == PACKET_ARP ? TYPE_ARP : TYPE_IPV4);
    return ETHERNET_BYTES;
}

/* A gratuitous request (RFC 5227): sender and target are the announced address. */
static uint32_t put_arp(uint8_t *out, enum host_network network, const struct packet *packet)
{
    static const uint8_t head[] = {0, 1, 8, 0, 6, 4, 0, 1};
    memset(out, 0, ARP_BYTES);
    memcpy(out, head, sizeof head);
    put_mac(out + 8, network, packet->mac_from);
    memcpy(out + 14, packet->header, 4);
    memcpy(out + 24, packet->header, 4);
    return ARP_BYTES;
}

static uint16_t sum_of(const uint8_t *bytes, uint32_t length)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < length; i++)
        sum += i & 1 ? bytes[i] : (uint32_t)bytes[i] << 8;
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)sum;
}

/* What the simulation's checksum was made over: the payload as it left its sender. */
static uint16_t simulated_sum(const struct packet *packet)
{
    uint32_t sum = 0;
    unsigned odd = 0;
    for (unsigned i = 0; i < packet->span_count; i++) {
        sum += span_sum(&packet->spans[i], odd);
        odd ^= packet->spans[i].length & 1;
    }
    return ft_fold(sum);
}

static uint16_t checksum_of(const struct capture *self, const uint8_t *ip,
                            const struct packet *packet, uint16_t rendered)
{
    if (!self->checksums)
        return ft_segment_tcp_checksum(ip, (uint32_t)packet->header_bytes - FT_IP_BYTES,
                                       packet->payload_bytes, rendered);
    return ft_checksum_adjust((uint16_t)ft_get16(ip + FT_AT_CHECKSUM), simulated_sum(packet),
                              rendered);
}

static uint32_t put_ip(const struct capture *self, uint8_t *out, const struct packet *packet)
{
    uint8_t header[FT_HEADER_MAX] = {0}, *payload = out + packet->header_bytes, *at = payload;
    for (unsigned i = 0; i < packet->span_count; i++) {
        content_text(&packet->spans[i], at);
        at += packet->spans[i].length;
    }
    memcpy(header, packet->header, packet->header_bytes);
    if (header[FT_AT_PROTOCOL] == PROTOCOL_TCP && packet->header_bytes >= FT_HEADER_MIN)
        ft_put16(header + FT_AT_CHECKSUM,
                 checksum_of(self, header, packet, sum_of(payload, packet->payload_bytes)));
    memcpy(out, header, packet->header_bytes);
    if (packet->corrupt && packet->payload_bytes > 0)
        *payload ^= 1;
    return packet->header_bytes + packet->payload_bytes;
}

/* --- files -------------------------------------------------------------------------------------------------------- */

static void fail(struct capture *self, const struct capture_file *file)
{
    if (self->error != 0)
        return;
    self->error = errno != 0 ? errno : EIO;
    self->failed = file;
}

static void open_file(struct capture *self, struct capture_file *file,
                      const struct station *station, bool copies)
{
    char path[PATH_ROOM];
    file->opened = true;
    snprintf(file->name, sizeof file->name, "%s-%s%s.pcap", tap_network_names[station->network],
             station->name, copies ? "-copies" : "");
    errno = ENAMETOOLONG;
    FILE *stream = NULL;
    if (snprintf(path, sizeof path, "%s/%s", self->directory, file->name) < (int)sizeof path)
        stream = fopen(path, "wb");
    file->dumper = stream != NULL ? pcap_dump_fopen(self->pcap, stream) : NULL;
    if (file->dumper == NULL)
        fail(self, file);
}

static void write_frame(struct capture *self, struct capture_file *file, int64_t now_ns,
                        const struct passage *passage)
{
    const struct packet *packet = passage->packet;
    enum host_network network = passage->station->network;
    uint32_t bytes = put_ethernet(self->frame, network, packet);
    bytes += packet->kind == PACKET_ARP ? put_arp(self->frame + bytes, network, packet)
                                        : put_ip(self, self->frame + bytes, packet);
    struct pcap_pkthdr header = {
        .ts = {.tv_sec = now_ns / SECOND_NS, .tv_usec = now_ns % SECOND_NS}, /* nanoseconds */
        .caplen = bytes,
        .len = bytes,
    };
    errno = 0;
    pcap_dump((u_char *)file->dumper, &header, self->frame);
    if (ferror(pcap_dump_file(file->dumper)))
        fail(self, file);
}

struct frame_place capture_frame(struct capture *self, int64_t now_ns,
                                 const struct passage *passage, bool copy)
{
    copy = copy && passage->kind == PASSAGE_SENT;
    struct capture_file *file = &self->files[2 * passage->station->index + copy];
    if (passage->kind == PASSAGE_DROPPED || passage->packet->payload_bytes > PAYLOAD_MAX)
        return (struct frame_place){.frame = 0};
    if (!file->opened)
        open_file(self, file, passage->station, copy);
    if (file->dumper == NULL)
        return (struct frame_place){.frame = 0};
    write_frame(self, file, now_ns, passage);
    return (struct frame_place){.file = file->name, .frame = ++file->frames};
}

struct capture *capture_new(const char *directory, const struct tap *tap, bool checksums)
{
    struct capture *self = must(calloc(1, sizeof *self));
    self->directory = directory;
    self->checksums = checksums;
    self->count = 2 * tap->station_count;
    self->files = calloc(self->count, sizeof *self->files);
    self->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, sizeof self->frame,
                                                      PCAP_TSTAMP_PRECISION_NANO);
    if (self->files == NULL || self->pcap == NULL)
        abort();
    for (unsigned i = 0; i < tap->station_count; i++)
        open_file(self, &self->files[2 * i], &tap->stations[i], false);
    return self;
}

int capture_free(struct capture *self, char *name, size_t room)
{
    for (unsigned i = 0; i < self->count; i++) {
        struct capture_file *file = &self->files[i];
        errno = 0;
        if (file->dumper != NULL && pcap_dump_flush(file->dumper) != 0)
            fail(self, file);
        if (file->dumper != NULL)
            pcap_dump_close(file->dumper);
    }
    int error = self->error;
    if (error != 0)
        snprintf(name, room, "%s", self->failed->name);
    pcap_close(self->pcap);
    free(self->files);
    free(self);
    return error;
}
