package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"os"
)

// CheckFile looks at the pages of a database that no process has open, before
// anything else relies on them: that every page is in its place, whole, in order
// and used once, and that none is both used and free. bbolt has no checksums for
// these. It says in sentences what is wrong.
func CheckFile(ctx context.Context, path string) (problems []string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("check the pages of %s: %w", path, err)
	}
	defer f.Close()
	return checkPages(ctx, f)
}

// CheckFile is the function CheckFile for a copy of the open file, as it is at
// one moment. If there is no room for the copy, the log says that nothing was
// checked.
func (s *Store) CheckFile(ctx context.Context) (problems []string, err error) {
	if s.opt.ReadOnly {
		return CheckFile(ctx, s.path)
	}
	f, err := s.snapshot(ctx)
	if err != nil && isFull(err) {
		s.opt.Log(fmt.Sprintf("The pages of %s were not checked: there is no room for a copy.", s.path))
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("check the pages of %s: %w", s.path, err)
	}
	defer f.Close()
	return checkPages(ctx, f)
}

func checkPages(ctx context.Context, r io.ReaderAt) ([]string, error) {
	c := &pageCheck{ctx: ctx, r: r, used: map[uint64]bool{}}
	if err := c.all(); err != nil {
		return []string{fmt.Sprintf("The file is damaged: %v. Restore a backup.", err)}, ctx.Err()
	}
	return nil, nil
}

// The layout is that of bbolt's internal/common (page.go, meta.go, inode.go).
const (
	pageHead    = 16
	elementSize = 16
	inBucket    = 16
	flagBranch  = 0x01
	flagLeaf    = 0x02
	flagList    = 0x10
	leafBucket  = 0x01
	metaSize    = 64
	metaMagic   = 0xED0CDAED
	maxDepth    = 32
	maxPageSize = 1 << 16
	maxOverflow = 1 << 18
	noFreelist  = 1<<64 - 1
)

type pageCheck struct {
	ctx      context.Context
	r        io.ReaderAt
	pageSize int64
	end      uint64 // the first page beyond the used ones
	used     map[uint64]bool
}

type metaPage struct {
	root, freelist, end, txid uint64
	pageSize                  uint32
}

func (c *pageCheck) all() error {
	m, err := c.meta()
	if err != nil {
		return err
	}
	c.pageSize, c.end = int64(m.pageSize), m.end
	c.used[0], c.used[1] = true, true
	if err := c.walk(m.root, nil, nil, 0); err != nil {
		return err
	}
	return c.free(m.freelist)
}

// meta is the newer one of the two meta pages that are whole.
func (c *pageCheck) meta() (best metaPage, err error) {
	head := make([]byte, pageHead+metaSize)
	for at := int64(0); at <= maxPageSize; at = max(4096, at*2) {
		if _, err := c.r.ReadAt(head, at); err != nil {
			break
		}
		b := head[pageHead:]
		h := fnv.New64a()
		h.Write(b[:metaSize-8])
		le := binary.LittleEndian
		if le.Uint32(b) != metaMagic || h.Sum64() != le.Uint64(b[56:]) || at != 0 && at != int64(le.Uint32(b[8:])) {
			continue
		}
		m := metaPage{pageSize: le.Uint32(b[8:]), root: le.Uint64(b[16:]), freelist: le.Uint64(b[32:]), end: le.Uint64(b[40:]), txid: le.Uint64(b[48:])}
		if best.pageSize == 0 || m.txid > best.txid {
			best = m
		}
	}
	if best.pageSize == 0 {
		return best, errors.New("neither of the two first pages is whole")
	}
	return best, nil
}

// read returns a page with its overflow and marks it as used.
func (c *pageCheck) read(id uint64) ([]byte, error) {
	if err := c.ctx.Err(); err != nil {
		return nil, err
	}
	if id < 2 || id >= c.end {
		return nil, fmt.Errorf("page %d is outside the file", id)
	}
	head := make([]byte, pageHead)
	if _, err := c.r.ReadAt(head, int64(id)*c.pageSize); err != nil {
		return nil, fmt.Errorf("page %d cannot be read: %w", id, err)
	}
	overflow := uint64(binary.LittleEndian.Uint32(head[12:]))
	if binary.LittleEndian.Uint64(head) != id || overflow > maxOverflow || id+overflow >= c.end {
		return nil, fmt.Errorf("page %d has a wrong head", id)
	}
	for p := id; p <= id+overflow; p++ {
		if c.used[p] {
			return nil, fmt.Errorf("page %d is used twice", p)
		}
		c.used[p] = true
	}
	b := make([]byte, int64(overflow+1)*c.pageSize)
	if _, err := c.r.ReadAt(b, int64(id)*c.pageSize); err != nil {
		return nil, fmt.Errorf("page %d cannot be read: %w", id, err)
	}
	return b, nil
}

// walk checks a page and those under it; its keys are from low (inclusive) to
// high (exclusive, nil: any).
func (c *pageCheck) walk(id uint64, low, high []byte, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("page %d lies too deep", id)
	}
	b, err := c.read(id)
	if err != nil {
		return err
	}
	elements, leaf, err := parsePage(b)
	if err != nil {
		return fmt.Errorf("page %d %w", id, err)
	}
	for i, e := range elements {
		if bytes.Compare(e.key, low) < 0 || high != nil && bytes.Compare(e.key, high) >= 0 {
			return fmt.Errorf("page %d holds a key of another page", id)
		}
		next := high
		if i+1 < len(elements) {
			next = elements[i+1].key
		}
		switch {
		case !leaf:
			err = c.walk(e.page, e.key, next, depth+1)
		case e.bucket:
			err = c.bucket(e.value, depth)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// bucket checks what is under a bucket: pages, or one that is in the value.
func (c *pageCheck) bucket(value []byte, depth int) error {
	if len(value) < inBucket {
		return errors.New("a bucket is cut off")
	}
	if root := binary.LittleEndian.Uint64(value); root != 0 {
		return c.walk(root, nil, nil, depth+1)
	}
	if _, leaf, err := parsePage(value[inBucket:]); err != nil || !leaf {
		return fmt.Errorf("a small bucket is not whole (%w)", err)
	}
	return nil
}

type element struct {
	key, value []byte
	page       uint64
	bucket     bool
}

// parsePage reads the elements of a page, whose keys and values stand without a
// gap behind the heads of the elements.
func parsePage(b []byte) (elements []element, leaf bool, err error) {
	if len(b) < pageHead {
		return nil, false, errors.New("is cut off")
	}
	le := binary.LittleEndian
	flags, count := le.Uint16(b[8:]), int(le.Uint16(b[10:]))
	if flags != flagLeaf && flags != flagBranch || pageHead+count*elementSize > len(b) {
		return nil, false, errors.New("has a wrong head")
	}
	leaf = flags == flagLeaf
	at := uint64(pageHead + count*elementSize)
	for i := range count {
		head := uint64(pageHead + i*elementSize)
		h := b[head : head+elementSize]
		e := element{page: le.Uint64(h[8:])}
		pos, ksize, vsize := uint64(le.Uint32(h)), uint64(le.Uint32(h[4:])), uint64(0)
		if leaf {
			e.bucket = le.Uint32(h) == leafBucket
			pos, ksize, vsize = uint64(le.Uint32(h[4:])), uint64(le.Uint32(h[8:])), uint64(le.Uint32(h[12:]))
		}
		if head+pos != at || at+ksize+vsize > uint64(len(b)) {
			return nil, false, errors.New("has gaps")
		}
		e.key, e.value = b[at:at+ksize], b[at+ksize:at+ksize+vsize]
		at += ksize + vsize
		if i > 0 && bytes.Compare(elements[i-1].key, e.key) >= 0 {
			return nil, false, errors.New("is out of order")
		}
		elements = append(elements, e)
	}
	return elements, leaf, nil
}

// free checks that the free pages are exactly those that are not used.
func (c *pageCheck) free(list uint64) error {
	if list == noFreelist {
		return nil
	}
	b, err := c.read(list)
	if err != nil {
		return err
	}
	le := binary.LittleEndian
	count, at := uint64(le.Uint16(b[10:])), uint64(pageHead)
	if count == 0xFFFF {
		count, at = le.Uint64(b[pageHead:]), pageHead+8
	}
	if le.Uint16(b[8:]) != flagList || count > (uint64(len(b))-at)/8 {
		return errors.New("the list of free pages has a wrong head")
	}
	for i := range count {
		id := le.Uint64(b[at+8*i:])
		if id >= c.end || c.used[id] {
			return fmt.Errorf("page %d is used, or outside the file, and listed as free", id)
		}
		c.used[id] = true
	}
	for id := range c.end {
		if !c.used[id] {
			return fmt.Errorf("page %d is neither used nor free", id)
		}
	}
	return nil
}
