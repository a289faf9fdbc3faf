"""The lab: one page in the browser, on which a network is trained, drawn on and looked into."""
