package report

import (
	"encoding/xml"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/stagegate/stagegate/harness"
)

type testsuite struct {
	XMLName  xml.Name   `xml:"testsuite"`
	Name     string     `xml:"name,attr"`
	Tests    int        `xml:"tests,attr"`
	Failures int        `xml:"failures,attr"`
	Errors   int        `xml:"errors,attr"`
	Skipped  int        `xml:"skipped,attr"`
	Time     string     `xml:"time,attr"`
	Cases    []testcase `xml:"testcase"`
}

type testcase struct {
	Class   string `xml:"classname,attr"`
	Name    string `xml:"name,attr"`
	File    string `xml:"file,attr,omitempty"`
	Line    string `xml:"line,attr,omitempty"`
	Time    string `xml:"time,attr"`
	Failure *note  `xml:"failure"`
	Skipped *note  `xml:"skipped"`
}

type note struct {
	Type    string `xml:"type,attr,omitempty"`
	Message string `xml:"message,attr,omitempty"`
	Text    string `xml:",chardata"`
}

// WriteJUnit writes rows as JUnit XML, one test case for each attempt. Skipped
// rows are skipped; every other outcome but passed is a failure that has the
// outcome as its type. No rows are written as a failure too: a file without
// test cases looks green to most readers.
func WriteJUnit(w io.Writer, suiteName string, rows []harness.Row) error {
	suite := testsuite{Name: plain(suiteName), Tests: len(rows)}
	var total time.Duration
	for _, r := range rows {
		c := testcase{Class: suite.Name, Name: plain(r.ID), Time: seconds(time.Duration(r.Took))}
		c.File, c.Line = place(plain(r.Where))
		total += time.Duration(r.Took)
		reason := strings.Join(lines(r.Reason, 100), "\n")
		first, _, _ := strings.Cut(reason, "\n")
		switch r.Outcome {
		case harness.Passed:
		case harness.Skipped:
			suite.Skipped++
			c.Skipped = &note{Message: first}
		default:
			suite.Failures++
			c.Failure = &note{Type: outcome(r), Message: orElse(first, outcome(r)), Text: reason}
		}
		suite.Cases = append(suite.Cases, c)
	}
	if len(rows) == 0 {
		suite.Tests, suite.Failures = 1, 1
		suite.Cases = []testcase{{Class: suite.Name, Name: "nothing ran", Time: "0", Failure: &note{Type: string(harness.NotRun), Message: "the suite has no results"}}}
	}
	suite.Time = seconds(total)
	b, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return fmt.Errorf("write JUnit: %w", err)
	}
	_, err = io.WriteString(w, xml.Header+string(b)+"\n")
	return err
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }

// place cuts "file:line".
func place(where string) (file, line string) {
	i := strings.LastIndexByte(where, ':')
	if i < 0 {
		return where, ""
	}
	if _, err := strconv.Atoi(where[i+1:]); err != nil {
		return where, ""
	}
	return where[:i], where[i+1:]
}
