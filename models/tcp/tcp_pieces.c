/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * tcp_pieces - the pieces that byte queues are made of, from a pool of the stack.
 */
#include "models/tcp/tcp_socket.h"

struct tcp_piece *tcp_piece_new(struct tcp_stack *stack)
{
    struct tcp_piece *piece = slab_take(&stack->piece_slab);
    piece->next = NULL;
    return piece;
}

void tcp_piece_free(struct tcp_stack *stack, struct tcp_piece *piece)
{
    struct content *content = piece->span.content;
    slab_give(&stack->piece_slab, piece);
    if (content != NULL)
        content_put(content);
}

void tcp_pieces_free(struct tcp_stack *stack, struct tcp_piece *first)
{
    while (first != NULL) {
        struct tcp_piece *next = first->next;
        tcp_piece_free(stack, first);
        first = next;
    }
}

void tcp_queue_append(struct tcp_stack *stack, struct tcp_queue *queue, uint32_t seq,
                      const struct span *span)
{
    struct tcp_piece *last = queue->first != NULL ? queue->last : NULL;
    if (last != NULL && last->span.content == span->content &&
        last->span.offset + last->span.length == span->offset) {
        last->span.length += span->length;
        content_put(span->content);
        return;
    }
    struct tcp_piece *piece = tcp_piece_new(stack);
    piece->seq = seq;
    piece->span = *span;
    if (last != NULL)
        last->next = piece;
    else
        queue->first = piece;
    queue->last = piece;
}

void tcp_queue_clear(struct tcp_stack *stack, struct tcp_queue *queue)
{
    tcp_pieces_free(stack, queue->first);
    queue->first = NULL;
}
