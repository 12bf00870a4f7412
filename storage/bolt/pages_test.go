package bolt

import (
	"bytes"
	"encoding/binary"
	"hash/fnv"
	"os"
	"strings"
	"testing"
)

// pagesOf are a file without free pages, its newer meta page, a branch in it, and its pages
// to be changed in place.
type pagesOf struct {
	file   []byte
	meta   metaPage
	branch []element
}

func (p *pagesOf) page(id uint64) []byte { return p.file[id*4096 : (id+1)*4096] }

func (p *pagesOf) leaf(t *testing.T, n int) []element {
	t.Helper()
	elements, leaf, err := parsePage(p.page(p.branch[n].page))
	if err != nil || !leaf || len(elements) < 3 {
		t.Fatalf("leaf %d: %d elements, %v", n, len(elements), err)
	}
	return elements
}

func readPages(t *testing.T, file []byte) *pagesOf {
	t.Helper()
	p := &pagesOf{file: bytes.Clone(file)}
	var err error
	if p.meta, err = (&pageCheck{r: bytes.NewReader(p.file)}).meta(); err != nil || p.meta.pageSize != 4096 {
		t.Fatalf("%+v, %v", p.meta, err)
	}
	for id := uint64(2); id < p.meta.end; id++ {
		if elements, leaf, err := parsePage(p.page(id)); err == nil && !leaf && len(elements) > 2 {
			p.branch = elements
			return p
		}
	}
	t.Fatal("there is no branch")
	return nil
}

// TestDamagedPages: whatever is wrong with a page that is whole by itself is found, too.
func TestDamagedPages(t *testing.T) {
	file, err := os.ReadFile(compacted(t))
	if err != nil {
		t.Fatal(err)
	}
	le := binary.LittleEndian
	for _, c := range []struct {
		name string
		harm func(p *pagesOf)
		want string // in what is said; empty: nothing is wrong
	}{
		{"none", func(*pagesOf) {}, ""},
		{"a key behind those of its page", func(p *pagesOf) { l := p.leaf(t, 1); copy(l[len(l)-1].key, p.branch[2].key) }, "a key of another page"},
		{"a key before those of its page", func(p *pagesOf) { copy(p.leaf(t, 1)[0].key, p.leaf(t, 0)[0].key) }, "a key of another page"},
		{"keys out of order", func(p *pagesOf) { l := p.leaf(t, 1); copy(l[1].key, l[len(l)-1].key) }, "out of order"},
		{"a key twice", func(p *pagesOf) { l := p.leaf(t, 1); copy(l[1].key, l[0].key) }, "out of order"},
		{"a gap before a key", func(p *pagesOf) { at := p.page(p.branch[1].page)[pageHead+4:]; le.PutUint32(at, le.Uint32(at)+1) }, "has gaps"},
		{"a value beyond the page", func(p *pagesOf) { le.PutUint32(p.page(p.branch[1].page)[pageHead+12:], 1<<31) }, "has gaps"},
		{"more elements than there is room for", func(p *pagesOf) { le.PutUint16(p.page(p.branch[1].page)[10:], 1<<15) }, "a wrong head"},
		{"a page that says it is another", func(p *pagesOf) { le.PutUint64(p.page(p.branch[1].page), 3) }, "a wrong head"},
		{"a page that goes on for ever", func(p *pagesOf) { le.PutUint32(p.page(p.branch[1].page)[12:], 1<<32-1) }, "a wrong head"},
		{"a page that is there twice", func(p *pagesOf) { copy(p.page(p.branch[2].page)[8:], p.page(p.branch[1].page)[8:]) }, "a key of another page"},
		{"a list of free pages that is too long", func(p *pagesOf) { le.PutUint16(p.page(p.meta.freelist)[10:], 5000) }, "list of free pages"},
		{"a list of very many free pages", func(p *pagesOf) {
			b := p.page(p.meta.freelist)
			le.PutUint16(b[10:], 0xFFFF)
			le.PutUint64(b[pageHead:], 1<<61)
		}, "list of free pages"},
		{"a used page in the list of free ones", func(p *pagesOf) {
			b := p.page(p.meta.freelist)
			n := le.Uint16(b[10:])
			le.PutUint64(b[pageHead+8*int(n):], p.branch[1].page)
			le.PutUint16(b[10:], n+1)
		}, "listed as free"},
		{"a free page that is not listed", func(p *pagesOf) {
			b := p.page(p.meta.freelist)
			le.PutUint16(b[10:], le.Uint16(b[10:])-1)
		}, "neither used nor free"},
		{"the newer of the first pages", func(p *pagesOf) { p.page(p.meta.txid % 2)[pageHead+40]++ }, ""}, // the older one counts
		{"both first pages", func(p *pagesOf) { p.page(0)[pageHead+40]++; p.page(1)[pageHead+40]++ }, "neither of the two first pages"},
		{"a first page in a free one", func(p *pagesOf) { // of a file that was there before
			m := append(p.page(2)[:0], p.page(p.meta.txid%2)...)[pageHead:]
			le.PutUint64(m[16:], 1<<40)
			le.PutUint64(m[48:], p.meta.txid+2)
			h := fnv.New64a()
			h.Write(m[:metaSize-8])
			le.PutUint64(m[56:], h.Sum64())
		}, ""},
	} {
		p := readPages(t, file)
		c.harm(p)
		problems, err := checkPages(t.Context(), bytes.NewReader(p.file))
		if said := strings.Join(problems, " "); err != nil || (c.want == "") != (said == "") || !strings.Contains(said, c.want) {
			t.Errorf("%s: %q, %v, want %q", c.name, said, err, c.want)
		}
	}
}
