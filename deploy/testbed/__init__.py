"""Real servers without containers, on loopback, for the tests and for a person who wants to see the cluster profile.

`python -m deploy.testbed up|down|status|kill [kafka] [elasticsearch] [flink]`. Artifacts come once from Maven and PyPI
into a cache outside the tree; data and logs lie beside them. Every process is stopped by the id that was noted when it
was started, and only if the process of that id is still the one that was started.
"""
