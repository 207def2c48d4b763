"""For tools that still ask for setup.py; everything is told in setup.cfg."""

from setuptools import setup

setup()
