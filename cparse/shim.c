// See shim.h. The runtime's functions are linked in from the Go module that
// contains them; only their declarations (tsapi.h) are here.

#include "shim.h"
#include "tsapi.h"

struct ks_parser {
	TSParser *parser;
	ks_node *nodes;
	int32_t len, cap;
};

ks_parser *ks_new(const void *language)
{
	ks_parser *p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->parser = ts_parser_new();
	if (!ts_parser_set_language(p->parser, language)) {
		ks_delete(p);
		return NULL;
	}
	return p;
}

void ks_delete(ks_parser *p)
{
	ts_parser_delete(p->parser);
	free(p->nodes);
	free(p);
}

void ks_trim(ks_parser *p, int32_t keep)
{
	if (p->cap <= keep)
		return;
	free(p->nodes);
	p->nodes = NULL;
	p->cap = 0;
}

// Appends a node to the array: 0, or a KS_ error.
static int push(ks_parser *p, const TSTreeCursor *cursor, int32_t parent, int32_t max)
{
	if (p->len >= max)
		return KS_TOO_MANY;
	if (p->len == p->cap) {
		int32_t cap = p->cap ? p->cap * 2 : 1 << 14;
		ks_node *nodes = realloc(p->nodes, (size_t)cap * sizeof(*nodes));
		if (!nodes)
			return KS_NO_MEMORY;
		p->nodes = nodes;
		p->cap = cap;
	}
	TSNode n = ts_tree_cursor_current_node(cursor);
	ks_node *k = &p->nodes[p->len++];
	k->sym = ts_node_symbol(n);
	k->field = (uint8_t)ts_tree_cursor_current_field_id(cursor);
	k->flags = (ts_node_is_named(n) ? KS_NAMED : 0) | (ts_node_is_error(n) ? KS_ERROR : 0) |
		   (ts_node_is_missing(n) ? KS_MISSING : 0) | (ts_node_is_extra(n) ? KS_EXTRA : 0) |
		   (ts_node_has_error(n) ? KS_HAS_ERROR : 0);
	k->start = ts_node_start_byte(n);
	k->end = ts_node_end_byte(n);
	k->row = ts_node_start_point(n).row;
	k->parent = parent;
	k->next = -1;
	return 0;
}

// Walks the tree in pre-order with the cursor, without recursion: the nesting
// of hostile input may be as deep as the input is long.
static int32_t flatten(ks_parser *p, TSTreeCursor *cursor, int32_t max)
{
	p->len = 0;
	int err = push(p, cursor, -1, max);
	int32_t at = 0;
	while (!err) {
		if (ts_tree_cursor_goto_first_child(cursor)) {
			err = push(p, cursor, at, max);
			at = p->len - 1;
			continue;
		}
		while (!ts_tree_cursor_goto_next_sibling(cursor)) {
			if (!ts_tree_cursor_goto_parent(cursor))
				return p->len;
			at = p->nodes[at].parent;
		}
		err = push(p, cursor, p->nodes[at].parent, max);
		if (!err) {
			p->nodes[at].next = p->len - 1;
			at = p->len - 1;
		}
	}
	return err;
}

int32_t ks_parse(ks_parser *p, const char *src, uint32_t len, uint64_t timeout_micros,
		 int32_t max_nodes, const ks_node **nodes)
{
	ts_parser_set_timeout_micros(p->parser, timeout_micros);
	TSTree *tree = ts_parser_parse_string(p->parser, NULL, src, len);
	if (!tree) {
		// Without a reset the parser would resume the abandoned text.
		ts_parser_reset(p->parser);
		return timeout_micros ? KS_TIMEOUT : KS_FAILED;
	}
	TSTreeCursor cursor = ts_tree_cursor_new(ts_tree_root_node(tree));
	int32_t n = flatten(p, &cursor, max_nodes);
	ts_tree_cursor_delete(&cursor);
	ts_tree_delete(tree);
	*nodes = p->nodes;
	return n;
}

uint32_t ks_symbol_count(const void *language)
{
	return ts_language_symbol_count(language);
}

const char *ks_symbol_name(const void *language, uint16_t symbol)
{
	return ts_language_symbol_name(language, symbol);
}

uint16_t ks_symbol_for_name(const void *language, const char *name, uint32_t len, int named)
{
	return ts_language_symbol_for_name(language, name, len, named);
}

uint32_t ks_field_count(const void *language)
{
	return ts_language_field_count(language);
}

const char *ks_field_name(const void *language, uint16_t field)
{
	return ts_language_field_name_for_id(language, field);
}
