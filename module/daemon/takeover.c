/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * takeover - the first words of a host that goes on alone: what clients wait for and nobody would say before their timers end.
 *
 * SYNs that went to the dead primary, or met one that might not speak without its backup, are answered; they would come again after
 * a second only. And what our own TCP has acknowledged, suppressed because the primary spoke or was silent, is acknowledged once more
 * to every client that was heard lately; a client in the middle of an upload would wait for its retransmission timer, 200 ms at least.
 * Clients that owe an acknowledgement are asked for it: it may have gone to the dead host, and our own TCP would wait for its timer, a
 * second on a connection that has no round trip yet. What was lost on its way to clients is sent again by our own TCP (docs/deploy.md).
 */
#include "core/ft_path.h"
#include "module/daemon/daemon.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { WORDS_MAX = 1024 };
#define SYN_AGAIN_NS 1000000000LL

/* `bytes`: an IP packet of headers only. The packet path sees it as our own TCP's. */
static bool say(int raw, const uint8_t *bytes, uint32_t size, uint32_t client_ip)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(client_ip)};
    return sendto(raw, bytes, size, MSG_DONTWAIT, (struct sockaddr *)&to, sizeof to) ==
           (ssize_t)size;
}

/* --- SYNs -------------------------------------------------------------------------------------------------------- */

static bool answer(const struct daemon *self, int raw, const struct understudy_syn *syn)
{
    struct ft_path_host host = self->datapath.config.host;
    uint8_t bytes[FT_HEADER_MAX];
    struct ft_segment segment = {0};
    struct ft_verdict verdict;
    enum ft_reason why;
    memcpy(bytes, syn->bytes, sizeof bytes);
    host.now_ns = daemon_now_ns();
    if (!ft_segment_parse(&segment, bytes, syn->size, syn->size, false, &why))
        return false;
    ft_path_ingress(&host, &segment, NULL, false, false, &verdict);
    if ((verdict.actions & FT_ANSWER) == 0)
        return false;
    uint32_t client_ip = segment.source_ip;
    uint32_t size = ft_path_answer(&segment, bytes, &host, &verdict);
    return say(raw, bytes, size, client_ip);
}

static unsigned answer_syns(const struct daemon *self, int raw)
{
    static struct understudy_syn syns[WORDS_MAX];
    unsigned answered = 0;
    unsigned count =
        datapath_syns_since(&self->datapath, daemon_now_ns() - SYN_AGAIN_NS, syns, WORDS_MAX);
    for (unsigned i = 0; i < count; i++)
        answered += answer(self, raw, &syns[i]);
    return answered;
}

/* --- acknowledgements -------------------------------------------------------------------------------------------- */

/* As our own TCP would say it: what it has got, what it has room for. */
static void write_ack(const struct daemon *self, const struct datapath_flow *at, uint32_t seq,
                      uint8_t bytes[FT_HEADER_MIN])
{
    const struct ft_path_host *host = &self->datapath.config.host;
    const struct ft_flow *flow = &at->flow;
    uint8_t room[FT_HEADER_MAX] = {0};
    uint16_t window = ft_flow_window(flow->own_acked, flow->own_right, flow->assign.own_scale);
    ft_put16(room, 0x4500);
    ft_put16(room + FT_AT_LENGTH, FT_HEADER_MIN);
    ft_put16(room + FT_AT_FRAGMENT, 0x4000);
    ft_put16(room + FT_AT_TTL, 0x4006);
    ft_put32(room + FT_AT_SOURCE_IP, host->service_ip);
    ft_put32(room + FT_AT_DESTINATION_IP, at->key.client_ip);
    ft_put16(room + FT_AT_SOURCE_PORT, host->service_port);
    ft_put16(room + FT_AT_DESTINATION_PORT, at->key.client_port);
    ft_put32(room + FT_AT_SEQ, seq);
    ft_put32(room + FT_AT_ACK, flow->own_acked);
    ft_put16(room + FT_AT_FLAGS, FT_TCP_BYTES << 10 | FT_ACK);
    ft_put16(room + FT_AT_WINDOW, window);
    ft_put16(room + FT_AT_IP_CHECKSUM, ft_segment_ip_checksum(room));
    ft_put16(room + FT_AT_CHECKSUM, ft_segment_tcp_checksum(room, FT_TCP_BYTES, 0, 0));
    memcpy(bytes, room, FT_HEADER_MIN);
}

static bool repeat_ack(const struct daemon *self, int raw, const struct datapath_flow *at)
{
    uint8_t bytes[FT_HEADER_MIN];
    write_ack(self, at, at->flow.own_sent, bytes);
    return say(raw, bytes, sizeof bytes, at->key.client_ip);
}

/* A segment from before the window, as of a keep-alive probe: the client answers what it has got (RFC 9293, 3.10.7.4). */
static bool ask_ack(const struct daemon *self, int raw, const struct datapath_flow *at)
{
    uint8_t bytes[FT_HEADER_MIN];
    if (!ft_seq_before(at->flow.client_acked, at->flow.own_sent))
        return false;
    write_ack(self, at, at->flow.client_acked - 1, bytes);
    return say(raw, bytes, sizeof bytes, at->key.client_ip);
}

static unsigned repeat_acks(const struct daemon *self, int raw, unsigned *asked)
{
    static struct datapath_flow flows[WORDS_MAX];
    unsigned said = 0;
    /* A backup has waited for one time-out, a primary for two, in which it heard nobody. */
    int64_t since_ns = daemon_now_ns() - 4 * self->settings.group.timeout_ns;
    unsigned count = datapath_heard_since(&self->datapath, since_ns, flows, WORDS_MAX);
    for (unsigned i = 0; i < count; i++) {
        if (flows[i].flow.closed || !flows[i].flow.alive)
            continue;
        said += repeat_ack(self, raw, &flows[i]);
        *asked += ask_ack(self, raw, &flows[i]);
    }
    return said;
}

void daemon_first_words(const struct daemon *self)
{
    int raw = socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_RAW);
    if (raw < 0) {
        daemon_log(self, "error", "first words: %s", strerror(errno));
        return;
    }
    unsigned asked = 0, syns = answer_syns(self, raw), acks = repeat_acks(self, raw, &asked);
    close(raw);
    daemon_log(self, "takeover", "%u SYNs answered, %u acknowledgements repeated, %u asked for",
               syns, acks, asked);
}
