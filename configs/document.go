package configs

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// MaxSize is the largest configuration file that is read, in bytes.
const MaxSize = 4 << 20

// Limits on the shape of a file; a configuration needs a tenth of them.
const (
	maxDepth  = 50      // values inside values
	maxKeys   = 2000    // keys of one mapping
	maxValues = 400_000 // values in all, aliases expanded
	maxTokens = 500_000 // words and signs
)

// parseDocument reads YAML into its tree; nil is an empty document. What is wrong is
// said in the report.
func parseDocument(data []byte, r *report) (root ast.Node) {
	start := mark{1, 1}
	switch {
	case len(data) > MaxSize:
		r.at(start, "", "split it, or move what other tools generate elsewhere", "the file is larger than %d MiB", MaxSize>>20)
		return nil
	case !utf8.Valid(data):
		line := 1 + strings.Count(string(data[:invalidAt(data)]), "\n")
		r.at(mark{line, 1}, "", "save it as UTF-8", "the file is not UTF-8 text")
		return nil
	case strings.ContainsRune(string(data), 0):
		r.at(start, "", "is it a text file?", "the file holds bytes that are no text")
		return nil
	}
	// A last line of defence: a parser that panics must not take the bot down.
	defer func() {
		if recover() != nil {
			root = nil
			r.at(start, "", "check indentation, quotes and brackets", "the file is not valid YAML")
		}
	}()
	text := strings.TrimPrefix(string(data), "\ufeff")
	tokens := lexer.Tokenize(strings.ReplaceAll(text, "\r\n", "\n"))
	if t, why := excessive(tokens); t != nil {
		r.at(markOf(t), "", "no configuration needs that: is it the right file?", "%s", why)
		return nil
	}
	file, err := parser.Parse(tokens, 0, parser.AllowDuplicateMapKey())
	if err != nil {
		r.syntax(err, text)
		return nil
	}
	for _, doc := range file.Docs {
		if doc.Body == nil || doc.Body.Type() == ast.CommentType || doc.Body.Type() == ast.DirectiveType {
			continue
		}
		if root != nil {
			r.at(markOf(doc.Body.GetToken()), "", "put everything into one document, without --- between", "the file holds more than one document")
			return root
		}
		root = doc.Body
	}
	return root
}

// syntax reports what the parser says about the source.
func (r *report) syntax(err error, source string) {
	where, text := mark{1, 1}, "the file is not valid YAML"
	var broken yaml.Error
	if errors.As(err, &broken) {
		where, text = markOf(broken.GetToken()), "this is not valid YAML: "+strings.ReplaceAll(broken.GetMessage(), "character '\t' that", "a tab, which")
	}
	suggestion := "check indentation, quotes and brackets, here and on the line above"
	lines := strings.Split(source, "\n")
	if i := slices.IndexFunc(hints, func(h hint) bool { return strings.Contains(text, h.part) }); i >= 0 {
		suggestion = hints[i].suggestion
	} else if where.line <= len(lines) && strings.Contains(lines[where.line-1], "\t") {
		suggestion = "replace the tab in this line by spaces"
	}
	r.at(where, "", suggestion, "%s", printable(clip(text, 300)))
}

// hint is what to do about something that the parser says.
type hint struct{ part, suggestion string }

var hints = []hint{
	{"a tab", "YAML is indented with spaces: replace the tab"},
	{"reserved character", "put quotes around the text"},
	{"end character of", "close the quotes"},
	{"end token", "close the bracket"},
	{"non-map value is specified", "it is indented more than the entry it belongs to, or that entry has text already"},
	{"value is not allowed in this context", "it must begin in the same column as its neighbours; text with a colon needs quotes"},
}

func invalidAt(data []byte) int {
	at := 0
	for at < len(data) {
		c, n := utf8.DecodeRune(data[at:])
		if c == utf8.RuneError && n <= 1 {
			break
		}
		at += n
	}
	return at
}

// excessive finds the token at which the file passes a limit, before the parser sees
// it: the parser is recursive, and slow on mappings with very many keys.
func excessive(tokens token.Tokens) (*token.Token, string) {
	if len(tokens) > maxTokens {
		return tokens[maxTokens], "the file holds too much"
	}
	deep := fmt.Sprintf("values are nested more than %d deep", maxDepth)
	flow, openers := 0, 0
	var blocks []block // the mappings that stand open, outermost first
	for i, t := range tokens {
		switch t.Type {
		case token.SequenceStartType, token.MappingStartType:
			flow++
			openers++
		case token.SequenceEndType, token.MappingEndType:
			flow--
			openers = 0
		case token.SequenceEntryType:
			openers++
			blocks = closed(blocks, t.Position.Column+1)
		case token.MappingKeyType, token.AnchorType, token.TagType:
			openers++
		case token.MappingValueType:
			if flow == 0 && i > 0 {
				blocks = count(blocks, tokens[i-1].Position.Column)
				if blocks[len(blocks)-1].keys > maxKeys {
					return t, fmt.Sprintf("there are more than %d keys side by side", maxKeys)
				}
			}
		case token.StringType, token.SingleQuoteType, token.DoubleQuoteType, token.IntegerType, token.NullType:
			openers = 0
		}
		if flow > maxDepth || openers > 4*maxDepth || t.Position.IndentNum > 10*maxDepth {
			return t, deep
		}
	}
	return nil, ""
}

// block is a mapping in block style by the column of its keys.
type block struct{ column, keys int }

// closed drops the mappings that begin at the column or to its right.
func closed(blocks []block, column int) []block {
	for len(blocks) > 0 && blocks[len(blocks)-1].column >= column {
		blocks = blocks[:len(blocks)-1]
	}
	return blocks
}

// count adds a key at the column.
func count(blocks []block, column int) []block {
	blocks = closed(blocks, column+1)
	if len(blocks) == 0 || blocks[len(blocks)-1].column < column {
		return append(blocks, block{column, 1})
	}
	blocks[len(blocks)-1].keys++
	return blocks
}

func markOf(t *token.Token) mark {
	if t == nil || t.Position == nil {
		return mark{1, 1}
	}
	return mark{max(t.Position.Line, 1), max(t.Position.Column, 1)}
}

// markNode is where a value begins.
func markNode(n ast.Node) mark {
	switch n := n.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle && len(n.Values) > 0 {
			return markOf(n.Values[0].Key.GetToken())
		}
	case *ast.MappingValueNode:
		return markOf(n.Key.GetToken())
	case *ast.SequenceNode:
		return markOf(n.Start)
	case *ast.AnchorNode:
		return markOf(n.Start)
	case *ast.AliasNode:
		return markOf(n.Start)
	}
	return markOf(n.GetToken())
}

// anchors collects the values that aliases stand for.
type anchors struct {
	report *report
	byName map[string]ast.Node
}

// Visit implements ast.Visitor.
func (a *anchors) Visit(n ast.Node) ast.Visitor {
	anchor, ok := n.(*ast.AnchorNode)
	if !ok || anchor.Name == nil {
		return a
	}
	name := anchor.Name.String()
	if _, taken := a.byName[name]; taken {
		a.report.at(markNode(anchor), "", "give each anchor its own name", "the anchor %s is defined twice", fmt.Sprintf("&%s", clip(name, 40)))
	}
	a.byName[name] = anchor.Value
	return a
}
