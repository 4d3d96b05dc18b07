"""What happens after the answer: the outbox, jobs, mail, notifications."""
