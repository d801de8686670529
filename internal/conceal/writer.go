package conceal

import (
	"bytes"
	"io"
)

// maxLine is how much of a line is waited for, in bytes.
const maxLine = 64 << 10

// A Writer passes on what is written to it, a line at a time and without the
// secrets. It is for one goroutine.
type Writer struct {
	c   Concealer
	w   io.Writer
	buf []byte
	err error
}

// Writer writes to w; [Writer.Flush] ends it.
func (c Concealer) Writer(w io.Writer) *Writer { return &Writer{c: c, w: w} }

// Write implements [io.Writer].
func (w *Writer) Write(b []byte) (int, error) {
	if len(w.c.forms) == 0 { // nothing to wait for
		return w.w.Write(b)
	}
	w.buf = append(w.buf, b...)
	if end := bytes.LastIndexByte(w.buf, '\n') + 1; end > 0 || len(w.buf) > maxLine {
		if end == 0 {
			end = len(w.buf)
		}
		w.pass(end)
	}
	return len(b), w.err
}

// Flush writes what is left of the last line.
func (w *Writer) Flush() error {
	w.pass(len(w.buf))
	return w.err
}

func (w *Writer) pass(end int) {
	if end > 0 && w.err == nil {
		_, w.err = io.WriteString(w.w, w.c.In(string(w.buf[:end])))
	}
	w.buf = append(w.buf[:0], w.buf[end:]...)
}
