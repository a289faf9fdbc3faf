"""One file for each part of the lab's interface: what is asked over HTTP, answered as JSON."""
