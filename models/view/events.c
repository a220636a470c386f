/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * events - JSON by hand: names and numbers of our own need no escaping, texts do.
 */
#include "models/view/events.h"

#include "core/ft_reason_name.h"
#include "core/ft_role.h"
#include "models/tcp/tcp.h"
#include "models/view/names.h"
#include "models/web/exchange.h"
#include "models/world_state.h"

#include <inttypes.h>

/* What a notice's value and limit are; NULL: nothing. `names`: of the value. */
static const struct {
    const char *value, *limit;
    const char *const *names;
} meanings[NOTICE_KINDS] = {
    [NOTICE_CONNECTION_OPENING] = {"client", NULL, NULL},
    [NOTICE_CONNECTION_OPEN] = {"client", NULL, NULL},
    [NOTICE_CONNECTION_LOST] = {"reason", "client", view_reason_names},
    [NOTICE_REQUEST_PART] = {"bytes", NULL, NULL},
    [NOTICE_LOG_LEVEL] = {"bytes", "limit", NULL},
    [NOTICE_SERVICE_SEGMENT] = {"view", NULL, NULL},
    [NOTICE_REPLY_SEGMENT_SENT] = {"segment", NULL, NULL},
    [NOTICE_REPLY_PART] = {"offset", "length", NULL},
    [NOTICE_REPLY_DONE] = {"outcome", NULL, view_outcome_names},
    [NOTICE_CLOSE_AWAITED] = {"since_ns", NULL, NULL},
    [NOTICE_LEASE] = {"until_ns", NULL, NULL},
    [NOTICE_PROPOSAL] = {"view", NULL, NULL},
    [NOTICE_ROLE] = {"role", "view", view_role_names},
};

/* --- pieces ----------------------------------------------------------------------------------------------------- */

static void open_line(struct events *self, int64_t now_ns, const char *entity, const char *event)
{
    const int64_t second = INT64_C(1000000000);
    fprintf(self->stream, "{\"t\":%" PRId64 ".%09" PRId64 ",\"entity\":\"%s\",\"event\":\"%s\"",
            now_ns / second, now_ns % second, entity, event);
}

static void close_line(struct events *self)
{
    fputs("}\n", self->stream);
    self->lines++;
}

static void put_number(struct events *self, const char *name, uint64_t value)
{
    fprintf(self->stream, ",\"%s\":%" PRIu64, name, value);
}

/* Other control characters than the line's end do not occur in our texts. */
static void put_text(struct events *self, const char *name, const char *text)
{
    fprintf(self->stream, ",\"%s\":\"", name);
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            fputc('\\', self->stream);
        fputc((unsigned char)*text < ' ' ? ' ' : *text, self->stream);
    }
    fputc('"', self->stream);
}

static void put_address(struct events *self, const char *name, uint32_t ip, uint16_t port)
{
    fprintf(self->stream, ",\"%s\":\"%u.%u.%u.%u", name, ip >> 24, ip >> 16 & 0xff, ip >> 8 & 0xff,
            ip & 0xff);
    if (port != 0)
        fprintf(self->stream, ":%u", port);
    fputc('"', self->stream);
}

static void put_exchange(struct events *self, const struct request *request,
                         const struct reply *reply)
{
    if (request != NULL) {
        put_number(self, "client", request->client);
        put_number(self, "request", request->number);
    }
    if (reply != NULL)
        put_number(self, "execution", reply->nonce);
}

/* --- packets ---------------------------------------------------------------------------------------------------- */

static void put_header(struct events *self, const struct reading *reading)
{
    char flags[32];
    put_address(self, "from", reading->source_ip, reading->source_port);
    put_address(self, "to", reading->destination_ip, reading->destination_port);
    if (reading->tcp) {
        put_text(self, "flags", reading_flags(reading->flags, flags));
        put_number(self, "seq", reading->seq);
        put_number(self, "ack", reading->ack);
        put_number(self, "window", reading->window);
    }
    put_number(self, "length", reading->length);
    if (reading->damaged)
        fputs(",\"damaged\":true", self->stream);
}

static void put_record(struct events *self, const struct ft_record *record)
{
    static const char *const kinds[] = {
        [FT_RECORD_REPLY] = "reply",
        [FT_RECORD_ACK] = "ack",
        [FT_RECORD_CREDIT] = "credit",
        [FT_RECORD_FORGET] = "forget",
    };
    put_text(self, "record", kinds[record->kind]);
    put_number(self, "record_number", record->number);
    put_number(self, "record_offset", record->offset);
    put_number(self, "record_fragment", record->fragment);
    put_number(self, "record_length", record->length);
    put_number(self, "view", record->view);
}

static void put_control(struct events *self, const struct ft_control *control)
{
    put_text(self, "control", control->kind == FT_CONTROL_HEARTBEAT ? "heartbeat" : "join");
    if (control->role <= FT_ROLE_SOLO)
        put_text(self, "role", view_role_names[control->role]);
    put_number(self, "view", control->view);
    put_number(self, "proposal", control->proposal);
    fprintf(self->stream, ",\"sent_ns\":%" PRId64 ",\"echo_ns\":%" PRId64, control->sent_ns,
            control->echo_ns);
}

void events_passage(struct events *self, int64_t now_ns, const struct passage *passage,
                    const struct reading *reading, struct frame_place place)
{
    static const char *const kinds[] = {
        [PASSAGE_SENT] = "packet.sent",
        [PASSAGE_RECEIVED] = "packet.received",
        [PASSAGE_DROPPED] = "packet.dropped",
    };
    open_line(self, now_ns, passage->station->name, kinds[passage->kind]);
    put_number(self, "packet", passage->journey);
    put_text(self, "network", tap_network_names[passage->station->network]);
    if (passage->kind == PASSAGE_SENT)
        put_number(self, "number", passage->number);
    if (passage->why != NULL)
        put_text(self, "why", passage->why);
    put_text(self, "traffic", traffic_names[reading->traffic]);
    put_header(self, reading);
    put_exchange(self, reading->request, reading->reply);
    if (reading->request != NULL)
        put_number(self, "offset", reading->offset);
    if (reading->record_is_sound)
        put_record(self, &reading->record);
    if (reading->control_is_sound)
        put_control(self, &reading->control);
    if (place.frame > 0) {
        put_text(self, "capture", place.file);
        put_number(self, "frame", place.frame);
    }
    close_line(self);
}

/* --- the rest --------------------------------------------------------------------------------------------------- */

static void put_socket(struct events *self, const struct tcp_socket *socket)
{
    struct tcp_facts facts;
    tcp_facts(socket, &facts);
    put_address(self, "local", facts.local.ip, facts.local.port);
    put_address(self, "remote", facts.remote.ip, facts.remote.port);
}

/* Where a number does not say enough. */
static void put_meaning(struct events *self, const struct notice *notice)
{
    char text[80];
    const struct fault *faults = self->tap->world->config->faults;
    if (notice->kind == NOTICE_FAULT || notice->kind == NOTICE_HEALED)
        put_text(self, "fault", view_fault_text(&faults[notice->value], text, sizeof text));
    if (notice->kind == NOTICE_VERDICT) {
        put_text(self, "actions", view_action_text(notice->value, text, sizeof text));
        put_text(self, "reason", ft_reason_texts[notice->limit].name);
    }
}

void events_notice(struct events *self, int64_t now_ns, const struct notice *notice)
{
    const char *entity = notice->host ? tap_host_name(self->tap, notice->host) : NULL;
    open_line(self, now_ns, entity ? entity : "world", notice_names[notice->kind]);
    put_exchange(self, notice->request, notice->reply);
    if (notice->socket != NULL)
        put_socket(self, notice->socket);
    if (meanings[notice->kind].names != NULL)
        put_text(self, meanings[notice->kind].value, meanings[notice->kind].names[notice->value]);
    else if (meanings[notice->kind].value != NULL)
        put_number(self, meanings[notice->kind].value, notice->value);
    if (meanings[notice->kind].limit != NULL)
        put_number(self, meanings[notice->kind].limit, notice->limit);
    put_meaning(self, notice);
    close_line(self);
}

void events_record(struct events *self, const struct trace_record *record)
{
    open_line(self, record->at_ns, record->entity, record->what);
    for (const struct trace_field *field = record->fields; field->name != NULL; field++) {
        if (field->kind == TRACE_KIND_TEXT)
            put_text(self, field->name, field->text);
        else if (field->kind == TRACE_KIND_INT)
            fprintf(self->stream, ",\"%s\":%" PRId64, field->name, field->integer);
        else
            fprintf(self->stream, ",\"%s\":%.9g", field->name, field->number);
    }
    close_line(self);
}
