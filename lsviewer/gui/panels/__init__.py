"""What edits or lists: theorem panel, set-up, runs, claims, pattern editor. Panels talk to the Session, never to each other."""
