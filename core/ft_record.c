/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_record - record headers between numbers and bytes.
 */
#include "core/ft_record.h"

#include "core/ft_poison.h"

enum { MAGIC = 0x5544, MAC_AT = 56, WORDS = MAC_AT / 8, MAC_BYTES = 8 };

void ft_record_write(const struct ft_record *self, const struct ft_key *key,
                     uint8_t out[FT_RECORD_BYTES])
{
    ft_put16(out, MAGIC);
    out[2] = self->kind;
    out[3] = self->flags;
    ft_put32(out + 4, self->key.connection.client_ip);
    ft_put16(out + 8, self->key.connection.client_port);
    ft_put16(out + 10, 0);
    ft_put32(out + 12, self->key.connection.client_isn);
    ft_put32(out + 16, self->key.ordinal);
    ft_put64(out + 20, self->number);
    ft_put64(out + 28, self->length);
    ft_put64(out + 36, self->offset);
    ft_put32(out + 44, self->fragment);
    ft_put64(out + 48, self->view);
    ft_put64(out + MAC_AT, ft_siphash_bytes(key, out, WORDS));
}

enum ft_record_error ft_record_read(const uint8_t in[FT_RECORD_BYTES], const struct ft_key *key,
                                    struct ft_record *out)
{
    if (ft_get64(in + MAC_AT) != ft_siphash_bytes(key, in, WORDS) || ft_get16(in) != MAGIC)
        return FT_RECORD_BAD_MAC;
    *out = (struct ft_record){
        .kind = in[2],
        .flags = in[3],
        .key = {.connection = {.client_ip = ft_get32(in + 4),
                               .client_port = ft_get16(in + 8),
                               .client_isn = ft_get32(in + 12)},
                .ordinal = ft_get32(in + 16)},
        .number = ft_get64(in + 20),
        .length = ft_get64(in + 28),
        .offset = ft_get64(in + 36),
        .fragment = ft_get32(in + 44),
        .view = ft_get64(in + 48),
    };
    if (out->kind < FT_RECORD_REPLY || out->kind > FT_RECORD_LEFT)
        return FT_RECORD_BAD_KIND;
    if (out->kind == FT_RECORD_REPLY &&
        (out->offset > out->length || out->fragment > out->length - out->offset))
        return FT_RECORD_BAD_SIZES;
    return FT_RECORD_OK;
}
