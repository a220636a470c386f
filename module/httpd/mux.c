/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * mux - what goes out on the log channel: control records first, then replies, a fragment of each in turn.
 *
 * Whoever has put something in writes it, and what others put in meanwhile: under load many records leave at once, and a lone
 * one leaves from where it was made. Nobody serves the others for long: what is left after some rounds, or does not fit the
 * socket, is for the channel's thread.
 */
#include "module/httpd/channel.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

enum { BATCH_BYTES = 131072, ROUNDS = 4 };

/* --- what there is ----------------------------------------------------------------------------------------------------- */

void us_mux_record(const struct ft_record *record)
{
    struct us_controls *self = &us_channel.controls;
    if (self->count == self->room) {
        self->room = 2 * self->room + 64;
        self->records = realloc(self->records, self->room * sizeof self->records[0]);
        if (self->records == NULL)
            abort();
    }
    self->records[self->count++] = *record;
    us_channel.ready = true;
}

static bool next_control(struct us_controls *self, struct ft_record *record)
{
    if (self->first == self->count)
        return false;
    *record = self->records[self->first++];
    if (self->first == self->count)
        self->first = self->count = 0;
    return true;
}

bool us_mux_is_introduction(const struct ft_record *record)
{
    return record->kind == FT_RECORD_FORGET && record->key.connection.client_ip == 0;
}

static bool next_introduction(struct ft_record *record)
{
    bool due = us_channel.introduces;
    us_channel.introduces = false;
    *record = (struct ft_record){.kind = FT_RECORD_FORGET, .view = us.state.view};
    return due;
}

/* `reply`: whose fragment it is, or NULL. */
static bool next_record(struct ft_record *record, struct ft_shipment **reply)
{
    *reply = NULL;
    return next_introduction(record) || next_control(&us_channel.controls, record) ||
           (us.state.role == FT_ROLE_PRIMARY && ft_sender_next(&us.sender, record, reply));
}

/* --- a batch ------------------------------------------------------------------------------------------------------------- */

static void add(struct us_batch *self, const struct ft_record *record,
                const struct ft_shipment *reply)
{
    uint8_t *header = self->headers[self->records++];
    ft_record_write(record, &us.state.key, header);
    self->parts[self->count++] = (struct iovec){.iov_base = header, .iov_len = FT_RECORD_BYTES};
    if (record->fragment == 0)
        return;
    self->count += us_shipment_part((const struct us_shipment *)reply, record->offset,
                                    record->fragment, self->parts + self->count);
}

static bool has_room(const struct us_batch *self)
{
    return self->records < US_BATCH_RECORDS && self->count + 1 + US_PIECES <= US_BATCH_PARTS;
}

/* True if there is anything to write: what is left, or else what waits. */
static bool gather(struct us_batch *self)
{
    struct ft_record record;
    struct ft_shipment *reply;
    size_t bytes = 0;
    if (self->first < self->count)
        return true;
    self->records = self->first = self->count = 0;
    while (has_room(self) && bytes < BATCH_BYTES && next_record(&record, &reply)) {
        add(self, &record, reply);
        bytes += record.fragment;
        us_channel.begun = us_channel.begun || !us_mux_is_introduction(&record);
    }
    return self->count > 0;
}

static void advance(struct us_batch *self, size_t sent)
{
    while (self->first < self->count && sent >= self->parts[self->first].iov_len)
        sent -= self->parts[self->first++].iov_len;
    if (self->first == self->count)
        return;
    struct iovec *part = &self->parts[self->first];
    part->iov_base = (char *)part->iov_base + sent;
    part->iov_len -= sent;
}

/* --- writing ------------------------------------------------------------------------------------------------------------- */

/* Nobody else touches the batch meanwhile, and us_dial_drop() waits for us. A socket that fails is for the thread to find ended. */
static void write_batch(struct us_batch *self)
{
    int file = us_channel.socket;
    struct msghdr message = {.msg_iov = self->parts + self->first,
                             .msg_iovlen = self->count - self->first};
    pthread_mutex_unlock(&us.lock);
    ssize_t sent = sendmsg(file, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN)
        shutdown(file, SHUT_RDWR);
    pthread_mutex_lock(&us.lock);
    if (sent > 0) {
        us.progress_ns = us_now_ns(); /* slowly is not stuck */
        advance(self, (size_t)sent);
    }
    us_channel.full = self->first < self->count;
}

static bool may_write(void)
{
    return us_channel.ready && !us_channel.full && us_channel.socket >= 0 && !us_channel.connecting;
}

void us_mux(void)
{
    unsigned rounds = 0;
    if (us_channel.writing)
        return; /* and looks again when that is done */
    us_channel.writing = true;
    while (may_write() && rounds < ROUNDS) {
        us_channel.ready = gather(&us_channel.out);
        if (us_channel.ready)
            write_batch(&us_channel.out);
        rounds++;
    }
    us_channel.writing = false;
    if (rounds == 0)
        return;
    pthread_cond_broadcast(&us_channel.idle);
    if (us_channel.full || may_write())
        us_channel_wake();
}
