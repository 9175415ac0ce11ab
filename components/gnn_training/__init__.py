"""Trains a graph neural network out of TF-GNN's model collection with TF-GNN's Runner."""
