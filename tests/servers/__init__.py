"""Real servers for tests: started on free loopback ports, ended after."""
