package manage

import (
	"slices"
	"strings"
	"time"

	"keydesk/models"
	"keydesk/models/secret"
)

// headings are what the first column of a list of keys is called: no key is meant by them.
var headings = []string{"id", "key", "key id", "key_id", "api_key_id"}

// KeyIDs reads a list that people paste: an id a line, alone or in the first column of a table, whose heading is left out.
// What is no id is given back as it stands, for whoever pasted it to hear of it.
func KeyIDs(text string) []string {
	var ids []string
	first := true
	for line := range strings.FieldsFuncSeq(strings.TrimPrefix(text, "\ufeff"), func(r rune) bool { return r == '\n' || r == '\r' }) {
		cell := firstColumn(line)
		if cell == "" {
			continue
		}
		if !first || !slices.Contains(headings, strings.ToLower(cell)) {
			ids = append(ids, cell)
		}
		first = false
	}
	return ids
}

func firstColumn(line string) string {
	line = strings.TrimSpace(line)
	if cell := trimCell(line); models.IsID(cell) {
		return cell
	}
	if words := strings.Fields(line); len(words) > 0 && models.IsID(words[0]) { // a table of the command line
		return words[0]
	}
	if at := strings.IndexAny(line, ",;\t"); at >= 0 {
		line = line[:at]
	}
	return trimCell(line)
}

func trimCell(text string) string {
	return strings.TrimSpace(strings.Trim(strings.TrimSpace(text), `"`))
}

// secretWord stands for a line that had a secret in it, or what may be a part of one: such a text is kept nowhere.
const secretWord = "(a secret)"

// itemsOf makes a row of each line that says something new, in their order, and counts the lines that named a key again.
func itemsOf(operationID string, given []string, now time.Time) (items []models.OperationItem, duplicates int) {
	seen := map[string]bool{}
	for _, text := range given {
		text = strings.TrimSpace(text)
		if text == "" {
			continue
		}
		if seen[text] {
			duplicates++
			continue
		}
		seen[text] = true
		item := models.OperationItem{OperationID: operationID, Position: len(items) + 1, Given: text, State: models.ItemWaiting}
		if !models.IsID(text) {
			item.State, item.Reason, item.At = models.ItemRefused, models.ItemMalformed, now
			item.Given = keepable(text)
		}
		items = append(items, item)
	}
	return items, duplicates
}

// keepable is as much of a text that is no id as may be kept and shown.
func keepable(text string) string {
	lower := strings.ToLower(text)
	if holds(text) || strings.Contains(lower, secret.Prefix) || strings.Contains(lower, secret.GatewayPrefix) {
		return secretWord
	}
	text = strings.Map(func(r rune) rune {
		if hidden(r) {
			return '\ufffd'
		}
		return r
	}, text)
	return clip(text)
}
