"""Commands on people: verdicts, the queue, finding and fitting many."""
