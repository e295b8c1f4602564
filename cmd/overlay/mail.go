package overlay

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net/mail"
	"net/textproto"
	"regexp"
	"strings"
)

// A message is a text that may hold a diff: a whole patch, or the body of a mail.
type message struct {
	title string // for errors and notes
	text  []byte
}

// fromLine begins each mail of a mailbox. The time in it tells it from a sentence.
var fromLine = regexp.MustCompile(`(?m)^From \S.*\d\d:\d\d(:\d\d)?.* (19|20)\d\d\b.*$`)

// commitLine begins each commit that git log -p or git show prints.
var commitLine = regexp.MustCompile(`(?m)^commit ([0-9a-f]{40,64})\b.*$`)

// mailField begins a text that is one mail.
var mailField = regexp.MustCompile(`^[!-9;-~]+:`)

// split is the messages of a patch.
func split(p Patch) ([]message, error) {
	text := bytes.TrimLeft(bytes.TrimPrefix(p.Text, []byte("\xef\xbb\xbf")), " \t\r\n")
	if len(text) == 0 {
		return nil, fmt.Errorf("%s: the patch is empty", p.Name)
	}
	if mails := cutAt(fromLine, text); mails != nil {
		return readMails(p.Name, mails)
	}
	if isMail(text) {
		if m, err := readMail(p.Name, text); err == nil || diffStart(text) < 0 {
			return []message{m}, err
		}
	}
	if commits := cutAt(commitLine, text); len(commits) > 1 {
		var out []message
		for _, c := range commits {
			out = append(out, message{fmt.Sprintf("%s, commit %.12s", p.Name, bytes.TrimPrefix(c, []byte("commit "))), c})
		}
		return out, nil
	}
	return []message{{p.Name, p.Text}}, nil
}

// cutAt cuts a text before each match, nil if it does not begin with one.
func cutAt(head *regexp.Regexp, text []byte) [][]byte {
	var out [][]byte
	starts := head.FindAllIndex(text, -1)
	for i, at := range starts {
		end := len(text)
		if i+1 < len(starts) {
			end = starts[i+1][0]
		}
		if i == 0 && at[0] != 0 {
			return nil
		}
		out = append(out, text[at[0]:end])
	}
	return out
}

// readMails is what the mails of a mailbox say.
func readMails(name string, mails [][]byte) ([]message, error) {
	var out []message
	for i, text := range mails {
		title := name
		if len(mails) > 1 {
			title = fmt.Sprintf("%s, mail %d", name, i+1)
		}
		_, text, _ = bytes.Cut(text, []byte("\n")) // without the "From " line
		m, err := readMail(title, bytes.TrimLeft(text, "\r\n"))
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

// isMail reports whether a text begins with the header of a mail. Diffs may begin
// with such a line too ("Index: file"), but name no sender.
func isMail(text []byte) bool {
	if !mailField.Match(text) {
		return false
	}
	head, _, _ := bytes.Cut(bytes.ReplaceAll(text[:min(len(text), 64<<10)], []byte("\r\n"), []byte("\n")), []byte("\n\n"))
	head = append([]byte("\n"), head...)
	return bytes.Contains(head, []byte("\nFrom:")) || bytes.Contains(head, []byte("\nSubject:"))
}

// readMail is what a mail says.
func readMail(name string, text []byte) (message, error) {
	m, err := mail.ReadMessage(bytes.NewReader(text))
	if err != nil {
		return message{}, fmt.Errorf("%s: not a mail: %w", name, err)
	}
	if subject := m.Header.Get("Subject"); subject != "" {
		if plain, err := new(mime.WordDecoder).DecodeHeader(subject); err == nil {
			subject = plain
		}
		name = fmt.Sprintf("%s %q", name, shorten(subject))
	}
	body, err := plainText(textproto.MIMEHeader(m.Header), m.Body, 0)
	if err != nil {
		return message{}, fmt.Errorf("%s: %w", name, err)
	}
	return message{name, body}, nil
}

// mostNested bounds how deep the parts of a mail are nested.
const mostNested = 8

// plainText is the text of a part of a mail: of several parts that of the plain
// ones and of patches that are attached, in order.
func plainText(head textproto.MIMEHeader, body io.Reader, depth int) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(head.Get("Content-Type"))
	if err != nil {
		kind = "text/plain" // none, or one that nobody understands: git takes the text too
	}
	if !strings.HasPrefix(kind, "multipart/") {
		if !strings.HasPrefix(kind, "text/") || kind == "text/html" {
			return nil, nil
		}
		return decoded(head.Get("Content-Transfer-Encoding"), body)
	}
	if depth == mostNested {
		return nil, errors.New("the parts of the mail are nested too deep")
	}
	var out []byte
	parts := multipart.NewReader(body, params["boundary"])
	for {
		part, err := parts.NextRawPart()
		if err == io.EOF {
			return out, nil
		}
		if err != nil {
			return nil, fmt.Errorf("the parts of the mail: %w", err)
		}
		text, err := plainText(part.Header, part, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(append(out, text...), '\n')
	}
}

// decoded is a body without its transfer encoding.
func decoded(encoding string, body io.Reader) ([]byte, error) {
	switch encoding = strings.ToLower(strings.TrimSpace(encoding)); encoding {
	case "", "7bit", "8bit", "binary":
	case "quoted-printable":
		body = quotedprintable.NewReader(body)
	case "base64":
		body = base64.NewDecoder(base64.StdEncoding, body)
	default:
		return nil, fmt.Errorf("the mail has an unknown transfer encoding %q", encoding)
	}
	text, err := io.ReadAll(body)
	if err != nil {
		return nil, fmt.Errorf("the body of the mail is damaged: %w", err)
	}
	return text, nil
}

// shorten is a text that fits into a message.
func shorten(s string) string {
	const most = 160
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
