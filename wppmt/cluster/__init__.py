"""Many machines, one daemon each, that agree through etcd on whose each session is. Imported only where WPP_CLUSTER_ETCD is set.

Minds (`membership`, `ownership`, `right`, `tree`, `view`) do no I/O and read no clock; `client` speaks to etcd.
"""
