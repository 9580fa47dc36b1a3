"""The runs of a plan on the nodes of a Ray cluster.

A run is a Ray task, so that it is Ray that finds a node with the CPUs and GPUs it asks for, queues what has no room,
and tries again elsewhere what a node took with it. The task computes nothing: it holds its resources while the one host
of its node carries the run out. A host is an actor that holds what the runs of one machine share, as the driver does
locally: one parent of warm kernels, one `Machine`, which pauses the others while one measures, and one W&B service. So
a run means on a node what it means here, `cost.exclusive` included.

What goes between driver and nodes is JSON, and the bytes of files.
"""
