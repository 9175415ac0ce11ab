"""Schedules of this machine: ticks, run requests and the loop that turns one into the other."""
