"""HDF5 read within bounded time and memory, without the library, which trusts what a file claims."""

from core.files.hdf5.file import Hdf5Object, read_hdf5

__all__ = ["Hdf5Object", "read_hdf5"]
