// The C side of the door to tree-sitter: parse a text and flatten its tree into
// one array, in one call. See door.go for why.

#ifndef KLOCKSCAN_SHIM_H
#define KLOCKSCAN_SHIM_H

#include <stddef.h>
#include <stdint.h>

// One node of the flattened tree; door.go's node has the same layout.
typedef struct {
	uint16_t sym;
	uint8_t field;
	uint8_t flags;
	uint32_t start, end, row;
	int32_t parent, next;
} ks_node;

enum { KS_NAMED = 1, KS_ERROR = 2, KS_MISSING = 4, KS_EXTRA = 8, KS_HAS_ERROR = 16 };

// What ks_parse returns instead of a count.
enum { KS_FAILED = -1, KS_TIMEOUT = -2, KS_TOO_MANY = -3, KS_NO_MEMORY = -4 };

// A parser with its cursor's and its result's memory, reused from call to call.
// Not for use by two threads at once.
typedef struct ks_parser ks_parser;

ks_parser *ks_new(const void *language);
void ks_delete(ks_parser *p);

// Parses src and returns the number of nodes, or a KS_ error. *nodes stays
// valid until the next call with the same parser.
int32_t ks_parse(ks_parser *p, const char *src, uint32_t len, uint64_t timeout_micros,
		 int32_t max_nodes, const ks_node **nodes);

// Gives back the result's memory if it is larger than keep nodes.
void ks_trim(ks_parser *p, int32_t keep);

uint32_t ks_symbol_count(const void *language);
const char *ks_symbol_name(const void *language, uint16_t symbol);
uint16_t ks_symbol_for_name(const void *language, const char *name, uint32_t len, int named);
uint32_t ks_field_count(const void *language);
const char *ks_field_name(const void *language, uint16_t field);

#endif
