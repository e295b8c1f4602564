package cparse

import "sync"

// nodeKind is a kind of node of the syntax tree, as a number that does not
// depend on the grammar's tables. Those of brackets come in pairs.
type nodeKind uint8

const (
	nNone nodeKind = iota

	// Leaves and nodes with a name.
	nIdentifier
	nTypeIdentifier
	nFieldIdentifier
	nStatementIdentifier
	nPrimitiveType
	nNumber
	nChar
	nCharacter
	nString
	nStringContent
	nEscape
	nTrue
	nFalse
	nNull
	nTranslationUnit
	nFunctionDefinition
	nDeclaration
	nTypeDefinition
	nStorageClass
	nTypeQualifier
	nSizedType
	nStruct
	nUnion
	nEnum
	nFieldList
	nField
	nBitfield
	nEnumerators
	nEnumerator
	nInitDeclarator
	nPointerDeclarator
	nFunctionDeclarator
	nArrayDeclarator
	nParenDeclarator
	nAbstractPointer
	nAbstractFunction
	nAbstractArray
	nAbstractParen
	nParameters
	nParameter
	nVariadic
	nTypeDescriptor
	nCompound
	nExpressionStatement
	nLabeled
	nIf
	nElseClause
	nSwitch
	nCase
	nWhile
	nDo
	nFor
	nReturn
	nBreak
	nContinue
	nGoto
	nComma
	nConditional
	nAssignment
	nBinary
	nUnary
	nPointer
	nUpdate
	nCast
	nSizeof
	nAlignof
	nOffsetof
	nGeneric
	nSubscript
	nCall
	nArguments
	nFieldExpression
	nCompoundLiteral
	nParen
	nConcatenated
	nInitializer
	nInitializerPair
	nSubscriptDesignator
	nRangeDesignator
	nFieldDesignator
	nPreprocIf
	nPreprocIfdef
	nPreprocElse
	nPreprocElif
	nPreprocElifdef
	nPreprocDefined

	// Punctuation.
	nLParen
	nRParen
	nLBracket
	nRBracket
	nLBrace
	nRBrace
	nSemi
	nCommaToken
	nColon
	nQuestion
	nDot
	nArrow
	nDots
	nAssign
	nMulAssign
	nDivAssign
	nModAssign
	nAddAssign
	nSubAssign
	nShlAssign
	nShrAssign
	nAndAssign
	nXorAssign
	nOrAssign
	nOrOr
	nAndAnd
	nOr
	nXor
	nAnd
	nEqual
	nNotEqual
	nLess
	nGreater
	nLessEqual
	nGreaterEqual
	nShl
	nShr
	nAdd
	nSub
	nMul
	nDiv
	nMod
	nNot
	nTilde
	nIncrement
	nDecrement
	nQuote
	nDoubleQuote

	// Keywords.
	kStorage // of storage classes, in order: see fastKeywords
	_
	_
	_
	_
	_
	_
	_
	_
	_
	kQualifier
	_
	_
	_
	_
	_
	_
	_
	_
	_
	kSigned
	kUnsigned
	kLong
	kShort
	kStruct
	kUnion
	kEnum
	kTypedef
	kIf
	kElse
	kSwitch
	kCase
	kDefault
	kWhile
	kDo
	kFor
	kReturn
	kBreak
	kContinue
	kGoto
	kSizeof
	kAlignof
	_
	_
	_
	_
	kOffsetof
	kGeneric
	kNULL
	kNullptr
	kDefined
	dIf
	dIfdef
	dIfndef
	dElse
	dElif
	dElifdef
	dElifndef
	dEndif
	nNewline
	kOther // keywords that only the general parser takes
	kindCount
)

// kindNames is the grammar's names of the kinds.
var kindNames = [kindCount]string{
	nIdentifier:          "identifier",
	nTypeIdentifier:      "type_identifier",
	nFieldIdentifier:     "field_identifier",
	nStatementIdentifier: "statement_identifier",
	nPrimitiveType:       "primitive_type",
	nNumber:              "number_literal",
	nChar:                "char_literal",
	nCharacter:           "character",
	nString:              "string_literal",
	nStringContent:       "string_content",
	nEscape:              "escape_sequence",
	nTrue:                "true",
	nFalse:               "false",
	nNull:                "null",
	nTranslationUnit:     "translation_unit",
	nFunctionDefinition:  "function_definition",
	nDeclaration:         "declaration",
	nTypeDefinition:      "type_definition",
	nStorageClass:        "storage_class_specifier",
	nTypeQualifier:       "type_qualifier",
	nSizedType:           "sized_type_specifier",
	nStruct:              "struct_specifier",
	nUnion:               "union_specifier",
	nEnum:                "enum_specifier",
	nFieldList:           "field_declaration_list",
	nField:               "field_declaration",
	nBitfield:            "bitfield_clause",
	nEnumerators:         "enumerator_list",
	nEnumerator:          "enumerator",
	nInitDeclarator:      "init_declarator",
	nPointerDeclarator:   "pointer_declarator",
	nFunctionDeclarator:  "function_declarator",
	nArrayDeclarator:     "array_declarator",
	nParenDeclarator:     "parenthesized_declarator",
	nAbstractPointer:     "abstract_pointer_declarator",
	nAbstractFunction:    "abstract_function_declarator",
	nAbstractArray:       "abstract_array_declarator",
	nAbstractParen:       "abstract_parenthesized_declarator",
	nParameters:          "parameter_list",
	nParameter:           "parameter_declaration",
	nVariadic:            "variadic_parameter",
	nTypeDescriptor:      "type_descriptor",
	nCompound:            "compound_statement",
	nExpressionStatement: "expression_statement",
	nLabeled:             "labeled_statement",
	nIf:                  "if_statement",
	nElseClause:          "else_clause",
	nSwitch:              "switch_statement",
	nCase:                "case_statement",
	nWhile:               "while_statement",
	nDo:                  "do_statement",
	nFor:                 "for_statement",
	nReturn:              "return_statement",
	nBreak:               "break_statement",
	nContinue:            "continue_statement",
	nGoto:                "goto_statement",
	nComma:               "comma_expression",
	nConditional:         "conditional_expression",
	nAssignment:          "assignment_expression",
	nBinary:              "binary_expression",
	nUnary:               "unary_expression",
	nPointer:             "pointer_expression",
	nUpdate:              "update_expression",
	nCast:                "cast_expression",
	nSizeof:              "sizeof_expression",
	nAlignof:             "alignof_expression",
	nOffsetof:            "offsetof_expression",
	nGeneric:             "generic_expression",
	nSubscript:           "subscript_expression",
	nCall:                "call_expression",
	nArguments:           "argument_list",
	nFieldExpression:     "field_expression",
	nCompoundLiteral:     "compound_literal_expression",
	nParen:               "parenthesized_expression",
	nConcatenated:        "concatenated_string",
	nInitializer:         "initializer_list",
	nInitializerPair:     "initializer_pair",
	nSubscriptDesignator: "subscript_designator",
	nRangeDesignator:     "subscript_range_designator",
	nFieldDesignator:     "field_designator",
	nLParen:              "(",
	nRParen:              ")",
	nLBracket:            "[",
	nRBracket:            "]",
	nLBrace:              "{",
	nRBrace:              "}",
	nSemi:                ";",
	nCommaToken:          ",",
	nColon:               ":",
	nQuestion:            "?",
	nDot:                 ".",
	nArrow:               "->",
	nDots:                "...",
	nAssign:              "=",
	nMulAssign:           "*=",
	nDivAssign:           "/=",
	nModAssign:           "%=",
	nAddAssign:           "+=",
	nSubAssign:           "-=",
	nShlAssign:           "<<=",
	nShrAssign:           ">>=",
	nAndAssign:           "&=",
	nXorAssign:           "^=",
	nOrAssign:            "|=",
	nOrOr:                "||",
	nAndAnd:              "&&",
	nOr:                  "|",
	nXor:                 "^",
	nAnd:                 "&",
	nEqual:               "==",
	nNotEqual:            "!=",
	nLess:                "<",
	nGreater:             ">",
	nLessEqual:           "<=",
	nGreaterEqual:        ">=",
	nShl:                 "<<",
	nShr:                 ">>",
	nAdd:                 "+",
	nSub:                 "-",
	nMul:                 "*",
	nDiv:                 "/",
	nMod:                 "%",
	nNot:                 "!",
	nTilde:               "~",
	nIncrement:           "++",
	nDecrement:           "--",
	nQuote:               "'",
	nDoubleQuote:         `"`,
	kSigned:              "signed",
	kUnsigned:            "unsigned",
	kLong:                "long",
	kShort:               "short",
	kStruct:              "struct",
	kUnion:               "union",
	kEnum:                "enum",
	kTypedef:             "typedef",
	kIf:                  "if",
	kElse:                "else",
	kSwitch:              "switch",
	kCase:                "case",
	kDefault:             "default",
	kWhile:               "while",
	kDo:                  "do",
	kFor:                 "for",
	kReturn:              "return",
	kBreak:               "break",
	kContinue:            "continue",
	kGoto:                "goto",
	kSizeof:              "sizeof",
	kOffsetof:            "offsetof",
	kGeneric:             "_Generic",
	kNULL:                "NULL",
	kNullptr:             "nullptr",
	kDefined:             "defined",
	dIf:                  "#if",
	dIfdef:               "#ifdef",
	dIfndef:              "#ifndef",
	dElse:                "#else",
	dElif:                "#elif",
	dElifdef:             "#elifdef",
	dElifndef:            "#elifndef",
	dEndif:               "#endif",
	nNewline:             "\n",
	nPreprocIf:           "preproc_if",
	nPreprocIfdef:        "preproc_ifdef",
	nPreprocElse:         "preproc_else",
	nPreprocElif:         "preproc_elif",
	nPreprocElifdef:      "preproc_elifdef",
	nPreprocDefined:      "preproc_defined",
}

// Keywords of one role, in the order of their kinds.
var (
	storageWords   = []string{"extern", "static", "auto", "register", "inline", "__inline", "__inline__", "__forceinline", "thread_local", "__thread"}
	qualifierWords = []string{"const", "constexpr", "volatile", "restrict", "__restrict__", "__extension__", "_Atomic", "_Noreturn", "noreturn", "_Nonnull"}
	alignofWords   = []string{"__alignof__", "__alignof", "_alignof", "alignof", "_Alignof"}
	primitiveWords = []string{"bool", "char", "int", "float", "double", "void", "size_t", "ssize_t", "ptrdiff_t", "intptr_t", "uintptr_t",
		"charptr_t", "nullptr_t", "max_align_t", "int8_t", "int16_t", "int32_t", "int64_t", "uint8_t", "uint16_t", "uint32_t", "uint64_t",
		"char8_t", "char16_t", "char32_t", "char64_t"}
	otherWords = []string{"alignas", "_Alignas", "__attribute__", "__attribute", "asm", "__asm__", "__asm", "__declspec", "__based",
		"__cdecl", "__clrcall", "__stdcall", "__fastcall", "__thiscall", "__vectorcall", "__restrict", "__uptr", "__sptr",
		"_unaligned", "__unaligned", "__try", "__except", "__finally", "__leave", "__volatile__"}
)

func (k nodeKind) isStorage() bool   { return k >= kStorage && k < kQualifier }
func (k nodeKind) isQualifier() bool { return k >= kQualifier && k < kSigned }
func (k nodeKind) isSize() bool      { return k >= kSigned && k <= kShort }
func (k nodeKind) isAlignof() bool   { return k >= kAlignof && k < kOffsetof }
func (k nodeKind) isAssign() bool    { return k >= nAssign && k <= nOrAssign }
func (k nodeKind) isPrefix() bool    { return k == nNot || k == nTilde || k == nSub || k == nAdd }

// isDirective tells a preprocessor line, and ends one that what it encloses ends at.
func (k nodeKind) isDirective() bool { return k >= dIf && k <= dEndif }
func (k nodeKind) endsBranch() bool  { return k >= dElse && k <= dEndif }

// isType tells a keyword that only a type begins with.
func (k nodeKind) isType() bool {
	return k == nPrimitiveType || k.isQualifier() || k >= kSigned && k <= kEnum
}

// fastWords is the kinds of the words that are no identifiers.
var fastWords = sync.OnceValue(func() map[string]nodeKind {
	words := map[string]nodeKind{"true": nTrue, "TRUE": nTrue, "false": nFalse, "FALSE": nFalse}
	for k := kSigned; k < kDefined; k++ {
		if kindNames[k] != "" {
			words[kindNames[k]] = k
		}
	}
	for _, row := range []struct {
		words []string
		first nodeKind
		step  nodeKind
	}{{storageWords, kStorage, 1}, {qualifierWords, kQualifier, 1}, {alignofWords, kAlignof, 1}, {primitiveWords, nPrimitiveType, 0}, {otherWords, kOther, 0}} {
		for i, w := range row.words {
			words[w] = row.first + nodeKind(i)*row.step
		}
	}
	return words
})

// Punctuation of one, two and three bytes, by its bytes.
var (
	fastPunct1, fastPunct2, fastPunct3 = punctTables()
)

func punctTables() (one [128]nodeKind, two [128][128]nodeKind, three [128]nodeKind) {
	for k := nLParen; k < nQuote; k++ {
		switch s := kindNames[k]; len(s) {
		case 1:
			one[s[0]] = k
		case 2:
			two[s[0]][s[1]] = k
		case 3:
			three[s[0]] = k
		}
	}
	return one, two, three
}

// fastSymbols is the grammar's numbers of the kinds, and the flags of their nodes.
var fastSymbols = sync.OnceValue(func() (t struct {
	sym   [kindCount]uint16
	flags [kindCount]uint8
}) {
	names := kindNames
	for i, w := range storageWords {
		names[kStorage+nodeKind(i)] = w
	}
	for i, w := range qualifierWords {
		names[kQualifier+nodeKind(i)] = w
	}
	for i, w := range alignofWords {
		names[kAlignof+nodeKind(i)] = w
	}
	for k, name := range names {
		named := nodeKind(k) < nLParen
		if t.sym[k] = symbolFor(name, named); named {
			t.flags[k] = flagNamed
		}
	}
	return t
})
