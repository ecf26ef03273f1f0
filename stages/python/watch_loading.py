"""Notes the files of a project that a Python program loads, in whatever way, and in which of its processes.

Restage puts a copy of this file before the program's search path, as `sitecustomize`, with a last line that calls `begin`.
Python runs it before the program, which sees nothing of it: the path, the modules and the environment are as without it.
"""
import os
import sys


def watch(root, notes):
    """Appends the path of each file below `root`, once it is loaded, to a file of its process in the folder `notes`."""
    noted = set()

    def note(event, arguments):
        if event == "exec":  # of a module, a script, or anything that was compiled from a file
            path = getattr(arguments[0], "co_filename", None)
        elif event == "import":  # of an extension module; other modules have no path here
            path = arguments[1]
        elif event == "ctypes.dlopen":  # of a shared library
            path = arguments[0] and os.fsdecode(arguments[0])
        else:
            return
        if path and path not in noted and not path.startswith("<"):
            noted.add(path)
            try:
                write(os.path.abspath(path))
            except Exception:  # such as a full disk: no concern of the program
                pass

    def write(path):
        if not path.startswith(root + os.sep) or is_installed(path):
            return
        file = os.open(os.path.join(notes, str(os.getpid())), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(file, os.fsencode(path) + b"\0")
        finally:
            os.close(file)

    if hasattr(sys, "addaudithook"):
        sys.addaudithook(note)


def is_installed(path):
    if sys.prefix != sys.base_prefix and os.path.dirname(path) == os.path.join(sys.prefix, "bin"):
        return True  # what starts a package of a virtual environment
    return not {"site-packages", "dist-packages"}.isdisjoint(path.split(os.sep))


def doubt_bytecode():
    """Lets Python compile a module anew if its file changed after its bytecode, or shortly before.

    Python compares sizes and modification times in whole seconds. So after two edits in one second, or where a tool
    sets times, as `cp -p`, it would run the old text.
    """
    loader = sys.modules["_frozen_importlib_external"].SourceFileLoader
    standard, read = os.path.dirname(os.__file__) + os.sep, loader.get_data

    def get_data(self, path):
        is_own = path.endswith(".pyc") and not self.path.startswith(standard) and not is_installed(self.path)
        # Two seconds: the bytecode may be of the text that was there when Python began to compile.
        if is_own and os.stat(path).st_mtime < os.stat(self.path).st_ctime + 2:
            raise OSError  # as if there were none: Python compiles the text, and replaces the bytecode
        return read(self, path)

    loader.get_data = get_data


def tell_software(folder):
    """Writes the versions that only a running program knows, as a file of its process in `folder`."""
    torch = sys.modules.get("torch")
    version = getattr(getattr(torch, "version", None), "cuda", None)
    if version:
        cuda = sys.modules.get("torch.cuda")
        is_used = cuda is not None and cuda.is_initialized()
        import json

        told = {"CUDA": str(version), **({"GPU": cuda.get_device_name()} if is_used else {})}
        with open(os.path.join(folder, str(os.getpid())), "w") as file:
            json.dump(told, file)


def tell_at_end(folder):
    def tell():
        try:
            tell_software(folder)
        except Exception:  # no concern of the program
            pass

    is_loaded = "atexit" in sys.modules
    import atexit

    atexit.register(tell)
    if not is_loaded:
        del sys.modules["atexit"]


def hide(is_variable_hidden):
    """Takes this file out of everything that the program can see, but for the variable where others pass that on."""
    folder = os.path.dirname(__file__)
    sys.path[:] = [path for path in sys.path if path != folder]
    sys.path_importer_cache.pop(folder, None)
    del sys.modules["sitecustomize"]
    if not is_variable_hidden:
        return
    places = [path for path in os.environ["PYTHONPATH"].split(os.pathsep) if path != folder]
    # Only in this process: the programs that it starts get the variable as it was given, and are watched, too.
    name, value = os.environ.encodekey("PYTHONPATH"), os.environ.encodevalue(os.pathsep.join(places))
    if places:
        os.environ._data[name] = value
    else:
        del os.environ._data[name]


def begin(root, notes, ends, is_variable_hidden):
    for act in (lambda: hide(is_variable_hidden), doubt_bytecode, lambda: tell_at_end(ends)):
        try:
            act()
        except Exception:  # of a version of Python that keeps these things elsewhere
            pass
    watch(root, notes)
