/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_segment - an IPv4 + TCP header: bytes to numbers, and edits that keep both checksums right.
 *
 * Works on a buffer of FT_HEADER_MAX bytes that starts at the IP header and holds both headers; the payload is not needed.
 * IP options are not understood, so the TCP header stands at one fixed place and every access has a constant offset,
 * which the BPF verifier likes. Edits update checksums by RFC 1624, equation 3, and therefore keep a wrong one wrong.
 *
 * A packet that its own host made may carry a partial checksum: the field holds the sum of the pseudo header alone, the
 * interface adds the rest. `partial` says so; then only changes to addresses and length touch the field.
 *
 * Not understood: IPv6, IP options, fragments, TCP options other than those of a SYN.
 */
#ifndef CORE_FT_SEGMENT_H
#define CORE_FT_SEGMENT_H

#include "core/ft_base.h"
#include "core/ft_reason.h"

enum {
    FT_IP_BYTES = 20,
    FT_TCP_BYTES = 20,
    FT_HEADER_MIN = 40,
    FT_HEADER_MAX = 80,
    FT_OPTIONS_MAX = 40,
};

enum ft_segment_offset {
    FT_AT_TOS = 1,
    FT_AT_LENGTH = 2,
    FT_AT_ID = 4,
    FT_AT_FRAGMENT = 6,
    FT_AT_TTL = 8,
    FT_AT_PROTOCOL = 9,
    FT_AT_IP_CHECKSUM = 10,
    FT_AT_SOURCE_IP = 12,
    FT_AT_DESTINATION_IP = 16,
    FT_AT_SOURCE_PORT = 20,
    FT_AT_DESTINATION_PORT = 22,
    FT_AT_SEQ = 24,
    FT_AT_ACK = 28,
    FT_AT_FLAGS = 32, /* 16 bits: header length, flags */
    FT_AT_WINDOW = 34,
    FT_AT_CHECKSUM = 36,
    FT_AT_URGENT = 38,
    FT_AT_OPTIONS = 40,
};

enum ft_tcp_flag {
    FT_FIN = 1,
    FT_SYN = 2,
    FT_RST = 4,
    FT_PSH = 8,
    FT_ACK = 16,
};

/* An option of our own: 12 bytes of the kind for experiments, with an identifier of whose it is (RFC 6994), and 64 bits. */
enum { FT_TAG_BYTES = 12, FT_AT_TAG = FT_AT_OPTIONS + 4 };
#define FT_TAG_OPTION 0xfd0c5548U

enum { FT_NO_SCALE = 0xff, FT_SCALE_MAX = 14, FT_MSS_DEFAULT = 536 };

struct ft_syn_options {
    uint16_t mss;  /* FT_MSS_DEFAULT if not given */
    uint8_t scale; /* FT_NO_SCALE if not given */
    uint8_t sack;
};

struct ft_segment {
    uint32_t source_ip, destination_ip;
    uint32_t seq, ack;
    uint32_t
        payload; /* bytes behind the headers; more than 64 KB in none, an IP length bounds it */
    uint16_t source_port, destination_port;
    uint16_t window; /* as it stands in the header */
    uint16_t id;     /* of the IP header */
    uint8_t flags;
    uint8_t tcp_bytes;         /* TCP header with options */
    uint8_t partial;           /* the checksum field holds the pseudo header's sum only */
    struct ft_syn_options syn; /* of a SYN */
    uint64_t tag;              /* 0: none, or not all that there is by way of options */
};

/* --- checksums ------------------------------------------------------------------------------------------------- */

FT_INLINE uint16_t ft_fold(uint32_t sum)
{
    sum = (sum & 0xffff) + (sum >> 16);
    return (uint16_t)(sum + (sum >> 16));
}

/* RFC 1624: the checksum after a 16-bit word went from `from` to `to`. */
FT_INLINE uint16_t ft_checksum_adjust(uint16_t checksum, uint16_t from, uint16_t to)
{
    return (uint16_t)~ft_fold((uint32_t)(uint16_t)~checksum + (uint16_t)~from + to);
}

FT_INLINE uint16_t ft_segment_ip_checksum(const uint8_t *bytes)
{
    uint32_t sum = 0;
    for (uint32_t at = 0; at < FT_IP_BYTES; at += 2)
        sum += at == FT_AT_IP_CHECKSUM ? 0 : ft_get16(bytes + at);
    return (uint16_t)~ft_fold(sum);
}

/* Sum of the pseudo header: what a partial checksum field holds. `tcp_length`: TCP header and payload. */
FT_INLINE uint16_t ft_segment_pseudo_sum(const uint8_t *bytes, uint32_t tcp_length)
{
    uint32_t sum = 6 + tcp_length;
    for (uint32_t at = FT_AT_SOURCE_IP; at < FT_AT_SOURCE_PORT; at += 2)
        sum += ft_get16(bytes + at);
    return ft_fold(sum);
}

/* The TCP checksum as it should be, whatever the field holds. `payload_sum`: one's complement sum of the payload. */
FT_INLINE uint16_t ft_segment_tcp_checksum(const uint8_t *bytes, uint32_t tcp_bytes,
                                           uint32_t payload, uint16_t payload_sum)
{
    uint32_t sum = (uint32_t)ft_segment_pseudo_sum(bytes, tcp_bytes + payload) + payload_sum;
    for (uint32_t at = FT_AT_SOURCE_PORT; at < FT_HEADER_MAX; at += 2) {
        if (at < FT_IP_BYTES + tcp_bytes && at != FT_AT_CHECKSUM)
            sum += ft_get16(bytes + at);
    }
    return (uint16_t)~ft_fold(sum);
}

/* --- parsing --------------------------------------------------------------------------------------------------- */

/* One option of `length` bytes at `at` from the first. */
FT_INLINE void ft_segment_syn_option(const uint8_t *options, uint32_t at, uint32_t length,
                                     struct ft_syn_options *out)
{
    uint8_t kind = options[at];
    if (kind == 4 && length == 2)
        out->sack = 1;
    if (kind == 3 && length == 3 && at + 3 <= FT_OPTIONS_MAX)
        out->scale = options[at + 2] < FT_SCALE_MAX ? options[at + 2] : FT_SCALE_MAX;
    if (kind == 2 && length == 4 && at + 4 <= FT_OPTIONS_MAX)
        out->mss = ft_get16(options + at + 2);
}

/*
 * The options of a SYN; stops at the first malformed one. How far to step is computed without a branch: two ways of getting
 * to the same place would double the verifier's work with every option.
 */
FT_INLINE void ft_segment_syn_options(const struct ft_segment *self, const uint8_t *bytes,
                                      struct ft_syn_options *out)
{
    const uint8_t *options = bytes + FT_AT_OPTIONS;
    uint32_t count = (uint32_t)self->tcp_bytes - FT_TCP_BYTES, at = 0;
    out->mss = FT_MSS_DEFAULT;
    out->scale = FT_NO_SCALE;
    out->sack = 0;
    for (uint32_t i = 0; i < FT_OPTIONS_MAX; i++) {
        FT_KEEP(at);
        if (at >= FT_OPTIONS_MAX - 1 || at + 1 >= count)
            break;
        uint32_t other = options[at] ^ 1U, length = options[at + 1]; /* a NOP has no length */
        FT_KEEP(other);
        uint32_t nop = (other - 1) >> 31;
        FT_KEEP(nop);
        length = nop + (1 - nop) * length;
        FT_KEEP(length);
        if (options[at] == 0 || length < 2 - nop || at + length > count)
            break;
        ft_segment_syn_option(options, at, length, out);
        at += length;
    }
    if (out->mss == 0)
        out->mss = FT_MSS_DEFAULT;
}

/* Fields that only make sense once the lengths have been checked. */
FT_INLINE void ft_segment_read(struct ft_segment *self, const uint8_t *bytes)
{
    self->source_ip = ft_get32(bytes + FT_AT_SOURCE_IP);
    self->destination_ip = ft_get32(bytes + FT_AT_DESTINATION_IP);
    self->source_port = ft_get16(bytes + FT_AT_SOURCE_PORT);
    self->destination_port = ft_get16(bytes + FT_AT_DESTINATION_PORT);
    self->seq = ft_get32(bytes + FT_AT_SEQ);
    self->ack = ft_get32(bytes + FT_AT_ACK);
    self->window = ft_get16(bytes + FT_AT_WINDOW);
    self->id = ft_get16(bytes + FT_AT_ID);
    self->flags = bytes[FT_AT_FLAGS + 1];
    bool tagged = bytes[FT_AT_FLAGS] >> 4 == (FT_TCP_BYTES + FT_TAG_BYTES) / 4 &&
                  ft_get32(bytes + FT_AT_OPTIONS) == FT_TAG_OPTION;
    self->tag = tagged ? ft_get64(bytes + FT_AT_TAG) : 0;
}

/*
 * Parses `size` bytes (of a buffer of FT_HEADER_MAX; no more than that are looked at) of an IP packet of `length` bytes in
 * all, link-layer padding included. `size` must be min(length, FT_HEADER_MAX), or at least cover both headers. Returns false
 * with the reason if it is nothing the packet path understands. Checksums are not verified: TCP will.
 */
FT_INLINE bool ft_segment_parse(struct ft_segment *self, const uint8_t *bytes, uint32_t size,
                                uint32_t length, bool partial, enum ft_reason *why)
{
    *why = FT_REASON_TRUNCATED;
    if (size < FT_IP_BYTES)
        return false;
    *why = FT_REASON_NOT_IPV4;
    if (bytes[0] >> 4 != 4)
        return false;
    *why = FT_REASON_NOT_TCP;
    if (bytes[FT_AT_PROTOCOL] != 6)
        return false;
    *why = FT_REASON_MALFORMED;
    if ((bytes[0] & 15) < 5)
        return false;
    *why = FT_REASON_IP_OPTIONS;
    if ((bytes[0] & 15) > 5)
        return false;
    *why = FT_REASON_FRAGMENT;
    if ((ft_get16(bytes + FT_AT_FRAGMENT) & 0x3fff) != 0) /* more fragments, or an offset */
        return false;
    *why = FT_REASON_IP_CHECKSUM;
    if (ft_get16(bytes + FT_AT_IP_CHECKSUM) != ft_segment_ip_checksum(bytes))
        return false;
    uint32_t ip_length = ft_get16(bytes + FT_AT_LENGTH);
    *why = FT_REASON_TRUNCATED;
    if (ip_length > length || size < FT_HEADER_MIN)
        return false;
    uint32_t tcp_bytes = (uint32_t)(bytes[FT_AT_FLAGS] >> 4) * 4;
    *why = FT_REASON_MALFORMED;
    if (tcp_bytes < FT_TCP_BYTES || FT_IP_BYTES + tcp_bytes > ip_length)
        return false;
    *why = FT_REASON_TRUNCATED;
    if (FT_IP_BYTES + tcp_bytes > size)
        return false;
    ft_segment_read(self, bytes);
    self->tcp_bytes = (uint8_t)tcp_bytes;
    self->payload = ip_length - FT_IP_BYTES - tcp_bytes;
    self->partial = partial;
    if ((self->flags & FT_SYN) != 0)
        ft_segment_syn_options(self, bytes, &self->syn);
    *why = FT_REASON_PLAIN;
    return true;
}

/* Sequence number behind the segment: payload, SYN and FIN take room. */
FT_INLINE uint32_t ft_segment_end(const struct ft_segment *self)
{
    return self->seq + self->payload + ((self->flags & FT_SYN) != 0) +
           ((self->flags & FT_FIN) != 0);
}

/* --- edits ----------------------------------------------------------------------------------------------------- */

FT_INLINE void ft_segment_put_ip(uint8_t *bytes, enum ft_segment_offset at, uint16_t value)
{
    uint16_t checksum = ft_get16(bytes + FT_AT_IP_CHECKSUM);
    ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_checksum_adjust(checksum, ft_get16(bytes + at), value));
    ft_put16(bytes + at, value);
}

FT_INLINE void ft_segment_put_tcp(uint8_t *bytes, enum ft_segment_offset at, uint16_t value,
                                  bool partial)
{
    uint16_t checksum = ft_get16(bytes + FT_AT_CHECKSUM);
    if (!partial)
        ft_put16(bytes + FT_AT_CHECKSUM, ft_checksum_adjust(checksum, ft_get16(bytes + at), value));
    ft_put16(bytes + at, value);
}

FT_INLINE void ft_segment_put_tcp32(uint8_t *bytes, enum ft_segment_offset at, uint32_t value,
                                    bool partial)
{
    ft_segment_put_tcp(bytes, at, (uint16_t)(value >> 16), partial);
    ft_segment_put_tcp(bytes, (enum ft_segment_offset)(at + 2), (uint16_t)value, partial);
}

/* A word of the pseudo header changed; a partial field is the plain sum, a full one its complement. */
FT_INLINE void ft_segment_pseudo_adjust(uint8_t *bytes, uint16_t from, uint16_t to, bool partial)
{
    uint16_t field = ft_get16(bytes + FT_AT_CHECKSUM), flip = partial ? 0xffff : 0;
    uint16_t adjusted = ft_checksum_adjust((uint16_t)(field ^ flip), from, to);
    ft_put16(bytes + FT_AT_CHECKSUM, (uint32_t)(adjusted ^ flip));
}

FT_INLINE void ft_segment_set_seq(struct ft_segment *self, uint8_t *bytes, uint32_t seq)
{
    ft_segment_put_tcp32(bytes, FT_AT_SEQ, seq, self->partial);
    self->seq = seq;
}

FT_INLINE void ft_segment_set_ack(struct ft_segment *self, uint8_t *bytes, uint32_t ack)
{
    ft_segment_put_tcp32(bytes, FT_AT_ACK, ack, self->partial);
    self->ack = ack;
}

FT_INLINE void ft_segment_set_window(struct ft_segment *self, uint8_t *bytes, uint16_t window)
{
    ft_segment_put_tcp(bytes, FT_AT_WINDOW, window, self->partial);
    self->window = window;
}

FT_INLINE void ft_segment_set_flags(struct ft_segment *self, uint8_t *bytes, uint8_t flags)
{
    uint16_t word = (uint16_t)(bytes[FT_AT_FLAGS] << 8 | flags);
    ft_segment_put_tcp(bytes, FT_AT_FLAGS, word, self->partial);
    self->flags = flags;
}

FT_INLINE void ft_segment_set_id(struct ft_segment *self, uint8_t *bytes, uint16_t id)
{
    ft_segment_put_ip(bytes, FT_AT_ID, id);
    self->id = id;
}

FT_INLINE void ft_segment_put_address(uint8_t *bytes, enum ft_segment_offset at, uint32_t ip,
                                      bool partial)
{
    enum ft_segment_offset low = (enum ft_segment_offset)(at + 2);
    ft_segment_pseudo_adjust(bytes, ft_get16(bytes + at), (uint16_t)(ip >> 16), partial);
    ft_segment_pseudo_adjust(bytes, ft_get16(bytes + low), (uint16_t)ip, partial);
    ft_segment_put_ip(bytes, at, (uint16_t)(ip >> 16));
    ft_segment_put_ip(bytes, low, (uint16_t)ip);
}

FT_INLINE void ft_segment_set_source_ip(struct ft_segment *self, uint8_t *bytes, uint32_t ip)
{
    ft_segment_put_address(bytes, FT_AT_SOURCE_IP, ip, self->partial);
    self->source_ip = ip;
}

FT_INLINE void ft_segment_set_destination_ip(struct ft_segment *self, uint8_t *bytes, uint32_t ip)
{
    ft_segment_put_address(bytes, FT_AT_DESTINATION_IP, ip, self->partial);
    self->destination_ip = ip;
}

/* Exchanges both ends, addresses and ports: sums do not mind the order. */
FT_INLINE void ft_segment_turn(struct ft_segment *self, uint8_t *bytes)
{
    uint32_t ip = self->source_ip;
    uint16_t port = self->source_port;
    self->source_ip = self->destination_ip;
    self->destination_ip = ip;
    self->source_port = self->destination_port;
    self->destination_port = port;
    ft_put32(bytes + FT_AT_SOURCE_IP, self->source_ip);
    ft_put32(bytes + FT_AT_DESTINATION_IP, ip);
    ft_put16(bytes + FT_AT_SOURCE_PORT, self->source_port);
    ft_put16(bytes + FT_AT_DESTINATION_PORT, port);
}

/* Total length of the packet that the bytes describe. */
FT_INLINE uint32_t ft_segment_length(const struct ft_segment *self)
{
    return FT_IP_BYTES + self->tcp_bytes + self->payload;
}

/* Takes payload and options off, but for `options` bytes of new ones that stand in their place already. What the payload summed up
 * to is not known, so that the TCP checksum is made anew (a wrong one would come out right). */
FT_INLINE void ft_segment_remake(struct ft_segment *self, uint8_t *bytes, uint32_t options)
{
    uint16_t sum;
    self->payload = 0;
    self->tcp_bytes = (uint8_t)(FT_TCP_BYTES + options);
    ft_segment_put_ip(bytes, FT_AT_LENGTH, (uint16_t)ft_segment_length(self));
    ft_put16(bytes + FT_AT_FLAGS, (uint32_t)self->tcp_bytes << 10 | self->flags);
    ft_put16(bytes + FT_AT_URGENT, 0);
    if (self->partial)
        sum = ft_segment_pseudo_sum(bytes, FT_TCP_BYTES + options);
    else
        sum = ft_segment_tcp_checksum(bytes, FT_TCP_BYTES + options, 0, 0);
    ft_put16(bytes + FT_AT_CHECKSUM, sum);
}

/* For a packet that says something else than the one it is made from. */
FT_INLINE void ft_segment_bare(struct ft_segment *self, uint8_t *bytes)
{
    self->tag = 0;
    ft_segment_remake(self, bytes, 0);
}

FT_INLINE void ft_segment_tagged(struct ft_segment *self, uint8_t *bytes, uint64_t tag)
{
    self->tag = tag;
    ft_put32(bytes + FT_AT_OPTIONS, FT_TAG_OPTION);
    ft_put64(bytes + FT_AT_TAG, tag);
    ft_segment_remake(self, bytes, FT_TAG_BYTES);
}

/* --- a SYN becomes the SYN-ACK that answers it ------------------------------------------------------------------ */

/* Writes MSS, SACK-permitted and window scale, as far as offered, at the options' place; returns their bytes. Always 12
 * bytes, padded with NOPs, so that the length is a constant. */
FT_INLINE uint32_t ft_segment_put_options(uint8_t *bytes, const struct ft_syn_options *options)
{
    bool scaled = options->scale != FT_NO_SCALE;
    ft_put32(bytes + FT_AT_OPTIONS, 0x02040000U | options->mss);
    ft_put32(bytes + FT_AT_OPTIONS + 4, options->sack ? 0x01010402U : 0x01010101U);
    ft_put32(bytes + FT_AT_OPTIONS + 8, scaled ? 0x01030300U | options->scale : 0x01010101U);
    return 12;
}

/* Turns the SYN in `bytes` into a SYN-ACK with this ISN, window and options. */
FT_INLINE void ft_segment_answer(struct ft_segment *self, uint8_t *bytes, uint32_t isn,
                                 uint16_t window, const struct ft_syn_options *options)
{
    uint16_t sum;
    ft_segment_turn(self, bytes);
    self->ack = self->seq + 1;
    self->seq = isn;
    self->flags = FT_SYN | FT_ACK;
    self->window = window;
    self->id = 0;
    self->payload = 0;
    self->tag = 0;
    self->tcp_bytes = (uint8_t)(FT_TCP_BYTES + ft_segment_put_options(bytes, options));
    ft_put16(bytes, 0x4500);
    ft_put16(bytes + FT_AT_LENGTH, ft_segment_length(self));
    ft_put16(bytes + FT_AT_ID, 0);
    ft_put16(bytes + FT_AT_FRAGMENT, 0x4000); /* don't fragment */
    ft_put16(bytes + FT_AT_TTL, 0x4006);
    ft_put16(bytes + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(bytes));
    ft_put32(bytes + FT_AT_SEQ, self->seq);
    ft_put32(bytes + FT_AT_ACK, self->ack);
    ft_put16(bytes + FT_AT_FLAGS, (uint32_t)self->tcp_bytes << 10 | self->flags);
    ft_put16(bytes + FT_AT_WINDOW, window);
    ft_put16(bytes + FT_AT_URGENT, 0);
    if (self->partial)
        sum = ft_segment_pseudo_sum(bytes, self->tcp_bytes);
    else
        sum = ft_segment_tcp_checksum(bytes, self->tcp_bytes, 0, 0);
    ft_put16(bytes + FT_AT_CHECKSUM, sum);
}

#endif
