package verify

// chunkRows is how many rows an arena grows by: it never copies what it holds, and wastes at most one chunk.
const chunkRows = 4096

// arena keeps rows without pointers in large chunks, so that a million of them cost the garbage collector nothing. Row 0 is
// never handed out: it stands for none.
type arena[T any] struct {
	chunks [][]T
	free   []uint32
	next   uint32
}

func (a *arena[T]) at(i uint32) *T { return &a.chunks[i/chunkRows][i%chunkRows] }

func (a *arena[T]) add(row T) uint32 {
	if n := len(a.free); n > 0 {
		i := a.free[n-1]
		a.free = a.free[:n-1]
		*a.at(i) = row
		return i
	}
	if a.next == 0 {
		a.next = 1
	}
	if int(a.next/chunkRows) == len(a.chunks) {
		a.chunks = append(a.chunks, make([]T, chunkRows))
	}
	i := a.next
	a.next++
	*a.at(i) = row
	return i
}

// len is how many rows are handed out.
func (a *arena[T]) len() int { return max(0, int(a.next)-1) - len(a.free) }

func (a *arena[T]) drop(i uint32) {
	var none T
	*a.at(i) = none
	a.free = append(a.free, i)
}
