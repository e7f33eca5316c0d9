package models

import "time"

// Cursor is a place in a list that is sorted by a time and then by id. The zero value is the list's beginning.
type Cursor struct {
	At time.Time
	ID string
}

// Page is one page of a keyset-paged list. More says that rows follow; Next is where they begin.
type Page[T any] struct {
	Rows []T
	More bool
	Next Cursor
}

// CutPage makes a page of at most limit rows from a query that asked for one row more.
func CutPage[T any](rows []T, limit int, at func(T) Cursor) Page[T] {
	p := Page[T]{Rows: rows}
	if len(rows) > limit {
		p.Rows, p.More = rows[:limit], true
		p.Next = at(p.Rows[limit-1])
	}
	return p
}
