package chat

import (
	"container/list"
	"sync"
)

// A shelf holds the pages of long replies, as many as fit. Those that nobody looked at for the longest go first: they are asked for again when somebody does.
type shelf struct {
	mu    sync.Mutex
	bytes int
	books map[string]*list.Element
	order *list.List // of *book, the latest first
}

type book struct {
	name  string
	pages []Rich
	bytes int
}

// shelfBytes is how much text is kept.
const shelfBytes = 32 << 20

func newShelf() *shelf { return &shelf{books: map[string]*list.Element{}, order: list.New()} }

func (s *shelf) put(name string, pages []Rich) {
	b := &book{name: name, pages: pages, bytes: 256}
	for _, page := range pages {
		for _, span := range page {
			b.bytes += len(span.Text) + 64
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.drop(s.books[name])
	s.books[name] = s.order.PushFront(b)
	s.bytes += b.bytes
	for s.bytes > shelfBytes && s.order.Len() > 1 {
		s.drop(s.order.Back())
	}
}

// drop takes a book away. The caller holds the lock.
func (s *shelf) drop(element *list.Element) {
	if element == nil {
		return
	}
	b := s.order.Remove(element).(*book)
	delete(s.books, b.name)
	s.bytes -= b.bytes
}

func (s *shelf) get(name string) []Rich {
	s.mu.Lock()
	defer s.mu.Unlock()
	element := s.books[name]
	if element == nil {
		return nil
	}
	s.order.MoveToFront(element)
	return element.Value.(*book).pages
}
