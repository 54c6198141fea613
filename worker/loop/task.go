package loop

// Runner does what it can without waiting.
type Runner interface{ Run() }

// Task gets its turn when it has something to do. A task whose owner ends while it is queued, and is used again, keeps its place: it is
// never in the queue twice.
type Task struct {
	runner Runner
	queued bool
	next   *Task
}

// Does says whose task it is.
func (t *Task) Does(r Runner) { t.runner = r }

// queue holds the tasks that have something to do, in the order in which they got it.
type queue struct{ head, tail *Task }

// Enqueue gives a task its turn, later in this turn of the loop or in the next one.
func (l *Loop) Enqueue(t *Task) {
	if t.queued {
		return
	}
	t.queued, t.next = true, nil
	q := &l.ready
	if q.tail == nil {
		q.head = t
	} else {
		q.tail.next = t
	}
	q.tail = t
}

// run lets every task act that was in the queue when the turn began. Those which are not done by then, or get something to do from others,
// wait for the next turn.
func (q *queue) run() {
	t := q.head
	*q = queue{}
	for t != nil {
		next := t.next
		t.queued, t.next = false, nil
		t.runner.Run()
		t = next
	}
}
