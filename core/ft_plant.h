/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * ft_plant - planted bugs: wrong behaviours that can be switched on, one at a time, to see whether anybody notices.
 *
 * Each is a slip that a programmer could make, at the place where he would make it, and names the promise that it breaks. They
 * try the checkers and the explorer, and teach what each rule of the protocol is for. They exist in builds with FT_PLANTS
 * only (the tests' and the teaching build); elsewhere ft_planted() is a constant and the compiler takes the bug out.
 *
 * The switch belongs to a thread, as simulations run in parallel; whoever runs one sets it, and puts back what was there.
 */
#ifndef CORE_FT_PLANT_H
#define CORE_FT_PLANT_H

#include "core/ft_base.h"

#ifdef FT_PLANTS

/* X(NAME, "name", "promise it breaks", "where", "what is wrong") */
#define FT_PLANT_TABLE(X)                                                                          \
    X(ACK_UNGATED, "ack-ungated", "P1", "core/ft_path_out.h",                                      \
      "the primary acknowledges what it has itself, without asking whether the backup has it")     \
    X(ACK_UNSEEN, "ack-unseen", "P1", "core/ft_path_in.h",                                         \
      "a report of the backup is sent on as an ACK even if the primary has not got the bytes")     \
    X(REPLY_BEFORE_LOG, "reply-before-log", "P2", "models/web/message_path.c",                     \
      "a reply may leave when it is queued for the log, not when the log has acknowledged it")     \
    X(TRIM_EARLY, "trim-early", "P2", "models/web/message_path.c",                                 \
      "a logged reply that nobody waits for yet is thrown away: its client must be gone")          \
    X(NO_INCARNATION, "no-incarnation", "P3", "core/ft_record.h",                                  \
      "records are matched by address and port, so that a reused port finds older replies")        \
    X(NO_ORDINAL, "no-ordinal", "P3", "core/ft_record.h",                                          \
      "records are matched by connection, whichever of its requests they answer")                  \
    X(HALF_RECORD, "half-record", "P3", "models/web/message_path.c",                               \
      "at takeover, a reply of which a part has arrived is served as if it were complete")         \
    X(FIN_EARLY, "fin-early", "P3", "core/ft_path_out.h",                                          \
      "the primary's FIN leaves although the backup has not reported its own")                     \
    X(EXECUTE_LOGGED, "execute-logged", "P4", "models/web/message_path.c",                         \
      "a host that serves alone executes every request, without looking into its log first")       \
    X(NO_LEASE, "no-lease", "P5", "core/ft_path_in.h",                                             \
      "the primary speaks for as long as it believes to be the primary")                           \
    X(LEASE_TOO_LONG, "lease-too-long", "P5", "core/ft_group.c",                                   \
      "the lease lasts as long as the primary's own patience, twice the backup's time-out")        \
    X(LEASE_FROM_ECHO, "lease-from-echo", "P5", "core/ft_group.c",                                 \
      "the lease runs from the arrival of the echo, not from when the heartbeat was sent")         \
    X(STALE_VIEW, "stale-view", "P5", "core/ft_group.c",                                           \
      "views are compared the wrong way round: a host steps back for an older view")               \
    X(SOLO_UNCONFIRMED, "solo-unconfirmed", "P5", "core/ft_group.c",                               \
      "a primary whose log is stuck serves alone at once; the backup need not agree")              \
    X(BACKUP_SPEAKS, "backup-speaks", "P5", "core/ft_path_out.h",                                  \
      "the backup drops its TCP's data but lets bare ACKs go out")                                 \
    X(ISN_DIFFERS, "isn-differs", "P6", "models/host/kernel_path.c",                               \
      "the backup's TCP chooses its own initial sequence number")                                  \
    X(RESET_EARLY, "reset-early", "P6", "core/ft_path_out.h",                                      \
      "the primary's reset leaves although the backup has not reported one")                       \
    X(NO_ACK_CLAMP, "no-ack-clamp", "P7", "core/ft_path_in.h",                                     \
      "TCP is shown ACKs of bytes it has not sent yet, and throws the segments away")              \
    X(WINDOW_OF_ONE, "window-of-one", "P7", "core/ft_path_in.h",                                   \
      "the client is offered the primary's window, whatever room the backup has")                  \
    X(REPORT_ONCE, "report-once", "P7", "core/ft_path_out.h",                                      \
      "the backup reports every acknowledgement once, and a lost report is lost for ever")         \
    X(FIN_UNHEARD, "fin-unheard", "P7", "core/ft_path_in.h",                                       \
      "the primary takes the report of the backup's FIN for the report of an ACK")                 \
    X(BODY_UNREAD, "body-unread", "P7", "models/web/worker.c",                                     \
      "the backup waits for the logged reply before it has read the request's body")               \
    X(LOST_WAKE_UP, "lost-wake-up", "P7", "models/web/log_channel.c",                              \
      "of several records that arrive in one read, only the last one's worker is woken")           \
    X(WAITERS_FORGOTTEN, "waiters-forgotten", "P7", "models/web/message_path.c",                   \
      "at takeover nobody tells the workers that wait for the log to execute themselves")          \
    X(CREDIT_KEPT, "credit-kept", "P7", "core/ft_log.c",                                           \
      "the bytes of trimmed replies are never given back to the primary as credit")                \
    X(NO_KICK, "no-kick", "P7", "models/server.c",                                                 \
      "after takeover every connection waits for its own retransmission time-out")                 \
    X(LOG_OVERFLOW, "log-overflow", "P8", "core/ft_sender.c",                                      \
      "replies are shipped without credit, and the backup drops what its log has no room for")     \
    X(CREDIT_EARLY, "credit-early", "P8", "core/ft_log.c",                                         \
      "a reply's bytes are given back as credit when it is logged, not when it is trimmed")

enum ft_plant {
    FT_PLANT_NONE,
#define FT_PLANT_ENUM(name, text, promise, where, help) FT_PLANT_##name,
    FT_PLANT_TABLE(FT_PLANT_ENUM)
#undef FT_PLANT_ENUM
};

extern _Thread_local int ft_plant_active;

FT_INLINE bool ft_planted(enum ft_plant plant)
{
    return ft_plant_active == (int)plant;
}

/* Switches a plant on (or all off) for this thread; returns what was on before. */
FT_INLINE int ft_plant_use(int plant)
{
    int before = ft_plant_active;
    ft_plant_active = plant;
    return before;
}

#else

#define FT_PLANT_TABLE(X)
#define ft_planted(plant) false

FT_INLINE int ft_plant_use(int plant)
{
    return plant;
}

#endif
#endif
