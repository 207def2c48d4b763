"""For tools that still ask for setup.py; the package is described in setup.cfg."""

from setuptools import setup

setup()
