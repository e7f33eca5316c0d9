package signin

import (
	_ "embed"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// A password is the only factor, so it is long (NIST SP 800-63B-4). Lengths count characters, not bytes.
const (
	MinPassword = 15
	MaxPassword = 256
	// minParts is how many parts a guesser must get right. A word that everybody tries, a row of the keyboard or a
	// repetition is one part; any other character is one.
	minParts = 8
)

//go:embed common.txt
var commonText string

// rows are runs that fingers and heads make; any four or more characters of one, in either direction, are one part.
var rows = bothWays(
	"abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertzuiop", "azertyuiop",
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p", "1q2w3e4r5t6y7u8i9o0p", "qazwsxedcrfvtgbyhnujmikolp", "!@#$%^&*()",
	"йцукенгшщзхъ", "фывапролджэ", "ячсмитьбю", "абвгдеёжзийклмнопрстуфхцчшщъыьэюя",
)

// common are words that guessers try first; phrases are whole sentences that they know.
var common, phrases = readCommon(commonText)

// unleet undoes the substitutions that guessers undo too.
var unleet = strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!", "i")

// CheckPassword says what is wrong with a new password and what to do, or "". The person's mail address and the product's
// name are words that a guesser tries.
func CheckPassword(password, email string) string {
	if !utf8.ValidString(password) {
		return "This password has bytes that are no text. Type it, or paste it from a password manager."
	}
	text := norm.NFC.String(password)
	switch n := utf8.RuneCountInString(text); {
	case n < MinPassword:
		return "Use at least 15 characters. Four or five unrelated words are easy to remember."
	case n > MaxPassword:
		return "Use at most 256 characters."
	}
	if guessable(text, email) {
		return "This password is easy to guess: it is made of common words, repetitions, keyboard rows or your mail address. " +
			"Use several unrelated words, or let a password manager make one."
	}
	return ""
}

// guessable tries the password as typed and with the usual substitutions undone.
func guessable(password, email string) bool {
	words := append(ownWords(email), common...)
	lower := strings.ToLower(norm.NFKC.String(password))
	for _, text := range []string{lower, unleet.Replace(lower)} {
		if parts([]rune(text), words) < minParts || isPhrase(text) {
			return true
		}
	}
	return false
}

// isPhrase reports whether little is left of the password beside a sentence that everybody knows.
func isPhrase(text string) bool {
	letters := strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
	for _, p := range phrases {
		if strings.Contains(letters, p) && utf8.RuneCountInString(letters)-utf8.RuneCountInString(p) < minParts {
			return true
		}
	}
	return false
}

// ownWords are the pieces of the mail address that are worth guessing, and the product's name.
func ownWords(email string) []string {
	key := EmailKey(email)
	words := []string{"keydesk"}
	for _, w := range append(strings.FieldsFunc(key, func(r rune) bool { return strings.ContainsRune("@.-_+", r) }), key) {
		if utf8.RuneCountInString(w) >= 3 {
			words = append(words, w)
		}
	}
	return words
}

// parts counts the fewest parts of which the text can be made.
func parts(text []rune, words []string) int {
	fewest := make([]int, len(text)+1)
	for i := range text {
		fewest[i+1] = fewest[i] + 1
	}
	for i := range text {
		rest := string(text[i:])
		relax := func(length, cost int) {
			for end := i + 1; end <= i+length; end++ { // a shorter piece of a run costs the same
				fewest[end] = min(fewest[end], fewest[i]+cost)
			}
			for end := i + length + 1; end <= len(text); end++ { // what follows is reached one character at a time
				fewest[end] = min(fewest[end], fewest[end-1]+1)
			}
		}
		relax(repeated(text, i), 0)
		relax(rowLength(text[i:]), 1)
		for _, w := range words {
			if strings.HasPrefix(rest, w) {
				relax(utf8.RuneCountInString(w), 1)
			}
		}
	}
	return fewest[len(text)]
}

// repeated is the length of the longest piece at i that repeats what stands right before it.
func repeated(text []rune, i int) int {
	for size := min(i, len(text)-i); size > 0; size-- {
		if slices.Equal(text[i-size:i], text[i:i+size]) {
			return size
		}
	}
	return 0
}

// rowLength is how many characters from the beginning follow a row; less than four is chance.
func rowLength(text []rune) int {
	longest := 0
	for n := 4; n <= len(text); n++ {
		if !inRow(string(text[:n])) {
			break
		}
		longest = n
	}
	return longest
}

func inRow(piece string) bool {
	for _, row := range rows {
		if strings.Contains(row, piece) {
			return true
		}
	}
	return false
}

func bothWays(rows ...string) []string {
	for _, row := range rows {
		r := []rune(row)
		for i, j := 0, len(r)-1; i < j; i, j = i+1, j-1 {
			r[i], r[j] = r[j], r[i]
		}
		rows = append(rows, string(r))
	}
	return rows
}

// readCommon splits the list: a long word alone on its line is a phrase; "#" starts a comment.
func readCommon(text string) (words, phrases []string) {
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch found := strings.Fields(line); {
		case line == "" || line[0] == '#':
		case len(found) == 1 && utf8.RuneCountInString(line) >= MinPassword:
			phrases = append(phrases, line)
		default:
			words = append(words, found...)
		}
	}
	return words, phrases
}
