/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_reason - why the packet path did what it did: one counter each, in every shell, under the same name.
 */
#ifndef CORE_FT_REASON_H
#define CORE_FT_REASON_H

/* X(NAME, "name", "help") */
#define FT_REASON_TABLE(X)                                                                         \
    X(PLAIN, "plain", "a connection that is not replicated; passed as without us")                 \
    X(NOT_OURS, "not_ours", "neither to nor from the service; passed")                             \
    X(NOT_IPV4, "not_ipv4", "passed without us")                                                   \
    X(NOT_TCP, "not_tcp", "passed without us")                                                     \
    X(IP_OPTIONS, "ip_options", "passed without us")                                               \
    X(FRAGMENT, "fragment", "passed without us")                                                   \
    X(TRUNCATED, "truncated", "shorter than its headers say; passed without us")                   \
    X(MALFORMED, "malformed", "header lengths contradict each other; passed without us")           \
    X(IP_CHECKSUM, "ip_checksum", "IP header checksum wrong; passed without us, IP drops it")      \
    X(ROLE_OUT, "role_out", "the host is out of service and stays silent; dropped")                \
    X(LEASE_EXPIRED, "lease_expired", "the primary's lease ran out; nothing leaves")               \
    X(SYN_COPIED, "syn_copied", "SYN at the backup; the primary will answer it")                   \
    X(SYN_ANSWERED, "syn_answered", "SYN answered statelessly")                                    \
    X(SYN_PLAIN, "syn_plain", "SYN served without replication: a listener is down or table full")  \
    X(LISTENER_DOWN, "listener_down", "SYN while only the backup listens; dropped, tried again")   \
    X(SYN_MSS, "syn_mss", "SYN with an MSS too small to encode; served without replication")       \
    X(SYN_LIVE, "syn_live", "SYN into a live connection; TCP challenges it")                       \
    X(SYN_REUSE, "syn_reuse", "SYN that reuses the port of a closed connection; remains cleared")  \
    X(ASSIGNED, "assigned", "handshake complete; connection created")                              \
    X(ASSIGNED_AGAIN, "assigned_again", "creation repeated after a time-out")                      \
    X(STILLBORN, "stillborn",                                                                      \
      "reset at a connection's start, of a listener that does not know it yet; dropped")           \
    X(TABLE_FULL, "table_full", "no room for another replicated connection; dropped, retried")     \
    X(EARLY, "early", "data overtook its handshake; dropped, the client sends it again")           \
    X(OVERTAKEN, "overtaken", "end of a handshake older than the live connection; dropped")        \
    X(DETOUR, "detour", "client segment that came past the backup; sent there, it will come back") \
    X(UNKNOWN, "unknown", "no connection of ours; copied to the primary only")                     \
    X(IN_ORDER, "in_order", "client segment of a replicated connection")                           \
    X(CLAMPED_IN, "clamped_in", "acknowledges bytes our TCP has not sent yet; number lowered")     \
    X(RESET_IN, "reset_in", "reset by the client")                                                 \
    X(STALE_VIEW, "stale_view", "report from or for another view; dropped")                        \
    X(REPORT_UNKNOWN, "report_unknown", "report without a connection; dropped")                    \
    X(REPORT_FORGED, "report_forged", "report whose tag does not verify; dropped")                 \
    X(REPORT_TAKEN, "report_taken", "report noted; nothing was waiting for it")                    \
    X(REPORT_FORWARDED, "report_forwarded", "report sent on as the ACK that had been held")        \
    X(FIN_FORWARDED, "fin_forwarded", "report sent on as the FIN that had been held")              \
    X(FIN_DIVERGED, "fin_diverged", "the hosts' FINs are at different places; held")               \
    X(SUPPRESSED, "suppressed", "output of the backup's TCP")                                      \
    X(REPORTED, "reported", "output of the backup's TCP, cut down to a report")                    \
    X(ALREADY_ACKED, "already_acked", "data the client has acknowledged; answered locally")        \
    X(REPLACED, "replaced", "output of a socket whose port has a new connection; reset locally")   \
    X(SPOKEN, "spoken", "segment of a replicated connection, sent as it was")                      \
    X(CLAMPED_OUT, "clamped_out", "sent with a lower ACK number or window")                        \
    X(ACK_HELD, "ack_held", "pure ACK held until the backup reports")                              \
    X(FIN_HELD, "fin_held", "FIN held (data with it was sent) until the backup reports its own")   \
    X(RESET_HELD, "reset_held", "reset of a replicated connection; dropped")

enum ft_reason {
#define FT_REASON_ENUM(name, text, help) FT_REASON_##name,
    FT_REASON_TABLE(FT_REASON_ENUM)
#undef FT_REASON_ENUM
        FT_REASONS
};

#endif
