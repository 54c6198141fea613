package upstream

// idlePool holds the idle connections to one server, or those of one owner. The last one put in is the first one out: it is the
// warmest, and those that are not needed grow old at the other end.
type idlePool struct {
	top *Conn
}

func (q *idlePool) push(c *Conn) {
	c.prev, c.next = nil, q.top
	if q.top != nil {
		q.top.prev = c
	}
	q.top = c
}

func (q *idlePool) remove(c *Conn) {
	if c.prev != nil {
		c.prev.next = c.next
	} else {
		q.top = c.next
	}
	if c.next != nil {
		c.next.prev = c.prev
	}
	c.prev, c.next = nil, nil
}
