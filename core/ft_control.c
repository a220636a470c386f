/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_control - heartbeats between numbers and bytes.
 */
#include "core/ft_control.h"

#include "core/ft_poison.h"

/* Its low byte counts what two hosts must agree on, reports and log records with it. */
enum { MAGIC = 0x5549, MAC_AT = 56, WORDS = MAC_AT / 8 };

void ft_control_write(const struct ft_control *self, const struct ft_key *key,
                      uint8_t out[FT_CONTROL_BYTES])
{
    bool joins = self->kind == FT_CONTROL_JOIN;
    ft_put16(out, MAGIC);
    out[2] = self->kind;
    out[3] = self->sender;
    ft_put32(out + 4, (uint32_t)self->role << 24 | (uint32_t)self->flags << 16);
    ft_put64(out + 8, joins ? (uint64_t)self->timeout_ns : self->view);
    ft_put64(out + 16, joins ? self->log_bytes : self->proposal);
    ft_put64(out + 24, self->incarnation);
    ft_put64(out + 32, (uint64_t)self->sent_ns);
    ft_put64(out + 40, self->echo_incarnation);
    ft_put64(out + 48, (uint64_t)self->echo_ns);
    ft_put64(out + MAC_AT, ft_siphash_bytes(key, out, WORDS));
}

enum ft_control_error ft_control_read(const uint8_t *in, size_t size, const struct ft_key *key,
                                      struct ft_control *out)
{
    if (size != FT_CONTROL_BYTES)
        return FT_CONTROL_SIZE;
    if (ft_get64(in + MAC_AT) != ft_siphash_bytes(key, in, WORDS) || ft_get16(in) != MAGIC)
        return FT_CONTROL_MAC;
    *out = (struct ft_control){
        .kind = in[2],
        .sender = in[3],
        .role = in[4],
        .flags = in[5],
        .incarnation = ft_get64(in + 24),
        .sent_ns = (int64_t)ft_get64(in + 32),
        .echo_incarnation = ft_get64(in + 40),
        .echo_ns = (int64_t)ft_get64(in + 48),
    };
    if (out->kind == FT_CONTROL_JOIN) {
        out->timeout_ns = (int64_t)ft_get64(in + 8);
        out->log_bytes = ft_get64(in + 16);
        return FT_CONTROL_OK;
    }
    if (out->kind != FT_CONTROL_HEARTBEAT)
        return FT_CONTROL_KIND;
    out->view = ft_get64(in + 8);
    out->proposal = ft_get64(in + 16);
    return out->view <= FT_VIEW_MAX && out->proposal <= FT_VIEW_MAX ? FT_CONTROL_OK
                                                                    : FT_CONTROL_VIEW;
}
