"""Files that mean harm, each by the name of what it tries: the one corpus of all such tests.

PICKLES by kind, and FILES of every other format. Each is made here, byte by byte; nothing that is
called by them does harm, should a reader ever call it: at worst a file named `ran` appears.

Sources: the advisories of picklescan (CVE-2025-1716, -1889, -1944, -1945, -10155, -10156, -10157,
CVE-2026-56315), its issues 14, 22 and 66, those of modelscan 85, 89, 331 and 338, of fickling 108,
190 and 272, CPython issues 126997 and 154848; Liu et al., "The Art of Hide and Seek" (2025), for
pickles that break off after they ran; Fifield, "A better zip bomb" (2019).
"""

import errno
import gzip
import io
import pickle
import struct
import zipfile
import zlib
from collections.abc import Callable
from functools import cache

import numpy as np


def text(value):
    return b"X" + struct.pack("<I", len(value)) + value


def pickled(*parts):
    return b"\x80\x02" + b"".join(parts) + b"."


def images(content):
    """Make a dictionary that looks as if these were the images of a data set."""
    return pickled(b"}(", text(b"images"), content, text(b"labels"), b"](K\x01eu")


def wrapped(opening, content, closing, levels):
    return opening * levels + content + closing * levels


def array(code=b"u1", shape=b"K\x06\x85", content=b"C\x06abcdef", order=b"|"):
    """Write the opcodes of an array's pickle, true or not."""
    dtype = b"cnumpy\ndtype\n(" + text(code) + b"K\x00K\x01tR"
    dtype += b"(K\x03" + text(order) + b"NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    made = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85C\x01btR"
    return made + b"(K\x01" + shape + dtype + b"\x89" + content + b"tb"


CALLS = [
    ("os", "system", "touch ran"),
    ("posix", "system", "touch ran"),
    ("nt", "system", "touch ran"),
    ("subprocess", "getoutput", "touch ran"),
    ("subprocess", "Popen", "touch ran"),
    ("pty", "spawn", "/bin/true"),
    ("builtins", "eval", "open('ran', 'w')"),
    ("builtins", "exec", "open('ran', 'w')"),
    ("builtins", "getattr", "x"),
    ("builtins", "__import__", "os"),
    ("__builtin__", "eval", "open('ran', 'w')"),
    ("importlib", "import_module", "this"),
    ("runpy", "run_path", "ran"),
    ("timeit", "timeit", "open('ran', 'w')"),
    ("pickle", "loads", "x"),
    ("operator", "attrgetter", "x"),
    ("functools", "partial", "x"),
    ("io", "open", "ran"),
    ("numpy", "load", "ran"),
    ("numpy", "ones", "x"),
    ("numpy", "memmap", "ran"),
    ("numpy", "fromfile", "ran"),
    ("numpy.testing._private.utils", "runstring", "open('ran', 'w')"),
    ("numpy.f2py", "compile", "x"),
    ("numpy.core.multiarray", "fromstring", "x"),
    ("numpy._core.multiarray", "fromfile", "ran"),
    ("pipeline.storage.cache", "publish", "ran"),
    ("pipeline.pickles.safe_load", "Name", "x"),
    ("numpy", "dtype.__class__", "x"),
    ("\x1b[2Jcleared", "\x07bell", "x"),
]

IMPORTS = {}
for module, name, argument in CALLS:
    arguments = b"(" + text(argument.encode()) + b"tR"
    IMPORTS[f"{module}.{name} by GLOBAL"] = pickled(
        b"c", module.encode(), b"\n", name.encode(), b"\n", arguments
    )
    IMPORTS[f"{module}.{name} by STACK_GLOBAL"] = pickled(
        text(module.encode()), text(name.encode()), b"\x93", arguments
    )

OPCODES = {
    "EXT1": pickled(b"\x82\x01"),
    "EXT2": pickled(b"\x83\x01\0"),
    "EXT4": pickled(b"\x84\x01\0\0\0"),
    "PERSID": pickled(b"Pos\n"),
    "BINPERSID": pickled(b"K\x01Q"),
    "INST": pickled(b"(S'touch ran'\nios\nsystem\n"),
    "OBJ": pickled(b"(", text(b"touch ran"), b"o"),
    "NEWOBJ": pickled(b"cnumpy\ndtype\n)\x81"),
    "NEWOBJ_EX": pickled(b"cnumpy\ndtype\n)}\x92"),
    "NEXT_BUFFER": pickled(b"\x97"),
    "READONLY_BUFFER": pickled(b"N\x98"),
    "FROZENSET": pickled(b"(K\x01\x91"),
    "EMPTY_SET": pickled(b"\x8f"),
}

LENGTHS = {
    f"{opcode!r} of {length:,} bytes": pickled(opcode, length.to_bytes(width, "little"), b"ab")
    for opcodes, width in ((b"\x8cCU\x8a", 1), (b"XBT", 4), (b"\x8d\x8e\x96", 8))
    for opcode in struct.unpack(f"{len(opcodes)}c", opcodes)
    for length in (200, 2 ** (8 * width) - 1)
    if length < 1 << 8 * width
} | {"PROTO": b"\x80", "LONG4": pickled(b"\x8b\xff\xff\xff\x7f")}

BROKEN = {
    "no opcode": pickled(b"\xff"),
    "PUT of 99999999999": pickled(b"Np99999999999\n"),
    "PUT of a word": pickled(b"Npx\n"),
    "GET of a word": pickled(b"Ngx\n"),
    "INT of a word": pickled(b"Ix\n"),
    "STRING without quotes": pickled(b"Sx\n"),
    "a scalar of a text": pickled(b"cnumpy.core.multiarray\nscalar\n(", text(b"x"), b"tR"),
    "a scalar of an object": pickled(
        b"cnumpy.core.multiarray\nscalar\n(cnumpy\ndtype\n(", text(b"O8"), b"tRK\x01tR"
    ),
    "LONG_BINPUT of 2**24": pickled(b"Nr\0\0\0\x01"),
    "LONG_BINPUT": pickled(b"Nr\xff\xff\xff\xff"),
    "nothing": b"",
    "no STOP": b"\x80\x02]",
    "protocol 6": b"\x80\x06N.",
    "an empty stack": pickled(b"a"),
    "no MARK": pickled(b"t"),
    "absent memo": pickled(b"h\x07"),
    "frame past the end": pickled(b"\x95" + b"\xff" * 8),
    "frame of nothing": b"\x80\x05\x95\x01\0\0\0\0\0\0\0N.",
    "BUILD on a list": pickled(b"]}b"),
    "BUILD on a dictionary": pickled(b"}}", text(b"a"), b"K\x01sb"),
    "BUILD on a name": pickled(b"cnumpy\ndtype\n", text(b"eval"), b"\x85b"),
    "BUILD a name that calls itself": pickled(b"cnumpy\ndtype\nq\0h\0\x85b)R"),
    "REDUCE of a list": pickled(b"])R"),
    "a name alone": pickled(b"cnumpy\ndtype\n"),
    "numpy.ndarray called": pickled(b"cnumpy\nndarray\nM\xff\xff\x85R"),
    "another encoding": pickled(b"c_codecs\nencode\n", text(b"x"), text(b"rot13"), b"\x86R"),
    "GLOBAL without an end": pickled(b"cos"),
    "GLOBAL whose newline came before": pickled(b"K\ncos"),
}

LONG = text(bytes(100_000))
BIG = b"J\xa0\x86\x01\0\x85"  # the shape (100000,)
DOUBLED = wrapped(b"](", b"K\x01", b"q\1h\1e", 25)  # each list holds the one inside it twice
BOMBS = {
    "deep lists": pickled(wrapped(b"]", b"", b"a", 20_000)),
    "deep lists with an array": pickled(b"(", array(), wrapped(b"](", b"K\x01", b"e", 500), b"t"),
    "list in itself": pickled(b"]q\0h\0a"),
    "list in itself, with an array": pickled(b"]q\0(h\0", array(), b"e"),
    "images in themselves": images(b"]q\0(h\0h\0e"),
    "doubled lists": images(wrapped(b"](", b"K\x01", b"q\1h\1e", 60)),
    "doubled lists with an array": images(wrapped(b"](", array(), b"q\1h\1e", 30)),
    "wide below the fourth level": images(
        wrapped(b"](", wrapped(b"](", b"K\x01", b"q\1" + b"h\1" * 59 + b"e", 4), b"e", 4)
    ),
    "one long text": images(b"](" + text(bytes(8000)) + text(b"b") + b"q\1" + b"h\1" * 8000 + b"e"),
    "one array again and again": images(
        b"](" + array(b"u1", BIG, b"B" + LONG[1:]) + b"q\1" + b"h\1" * 2000 + b"e"
    ),
    "one text encoded again and again": pickled(
        b"](c_codecs\nencode\nq\0", LONG, text(b"latin1"), b"\x86q\1R", b"h\0h\1R" * 2000, b"e"
    ),
    "one state for many arrays": pickled(
        b"](cnumpy.core.multiarray\n_reconstruct\nq\0NNN\x87R(K\1",
        BIG,
        b"cnumpy\ndtype\n",
        text(b"u1"),
        b"\x85R\x89",
        LONG,
        b"tq\2b",
        b"h\0NNN\x87Rh\2b" * 2000,
        b"e",
    ),
    "tuples in tuples": pickled(b")" + b"\x85" * 2_000_000),
    "many small tuples": pickled(b"(" + b"N\x85" * 1_000_000 + b"t"),
    "many small lists": pickled(b"(" + b"]Na" * 700_000 + b"t"),
    "many small dictionaries": pickled(b"(" + b"}NNs" * 500_000 + b"t"),
    "deep tuple as a key": pickled(b"}N" + b"\x85" * 500_000 + b"Ns"),
    "doubled tuple as a key": pickled(b"}", wrapped(b"(", b"K\x01", b"q\1h\1t", 40), b"Ns"),
    "keys of one hash": pickled(
        b"}("
        + b"".join(
            b"\x8a\x0b" + (i * (2**61 - 1)).to_bytes(11, "little") + b"N" for i in range(20_000)
        )
        + b"u"
    ),
    "doubled list as a type": pickled(b"cnumpy\ndtype\n", DOUBLED, b"\x85R"),
    "doubled list as a byte order": pickled(
        b"cnumpy\ndtype\n", text(b"u1"), b"\x85RN", DOUBLED, b"\x86b"
    ),
    "doubled list as an encoding": pickled(b"c_codecs\nencode\n", text(b""), DOUBLED, b"\x86R"),
    "array of a terabyte": pickled(array(shape=b"\x8a\x06\0\0\0\0\0\1\x85")),
}

LIES = {
    "more than there is": {"shape": b"K\x07\x85"},
    "less than there is": {"shape": b"K\x05\x85"},
    "any length": {"shape": b"J\xff\xff\xff\xff\x85"},
    "no tuple": {"shape": b"N"},
    "a fraction": {"shape": b"G\x40\x18\0\0\0\0\0\0\x85"},
    "text as a length": {"shape": text(b"6") + b"\x85"},
    "half an element": {"code": b"u4"},
    "objects made of bytes": {"code": b"O", "shape": b"K\x06\x85"},
    "objects that are missing": {"code": b"O", "content": b"](K\x01e"},
    "objects of no shape": {"code": b"O", "shape": b"N", "content": b"](K\x01e"},
    "raw memory": {"code": b"V6"},
    "dates": {"code": b"M8"},
    "text": {"code": b"U1"},
    "an impossible width": {"code": b"f1"},
    "a record": {"code": b"u1,u1"},
    "another byte order": {"order": b"!"},
    "content that is a number": {"content": b"K\x06"},
    "content that is a list": {"content": b"]"},
    "content with letters past one byte": {"content": text("ĀĀĀ".encode())},
}

# What scanners let through because the name was not on their list.
UNLISTED = """
    pip.main pip._internal.main bdb.Bdb.run pdb.run pdb.runeval cProfile.run cProfile.runctx
    profile.run trace.Trace.run doctest.debug_script code.InteractiveInterpreter.runsource
    idlelib.pyshell.ModifiedInterpreter.runcommand idlelib.debugobj.ObjectTreeItem.SetText
    lib2to3.pgen2.grammar.Grammar.loads lib2to3.pgen2.pgen.ParserGenerator.make_label
    asyncio.unix_events._UnixSubprocessTransport._start distutils.file_util.write_file _io.FileIO
    numpy.f2py.crackfortran.getlincoef numpy.f2py.crackfortran._eval_length
    numpy.distutils.exec_command.exec_command numpy.testing.measure numpy.lib.npyio.load
    torch.utils.collect_env.run torch.utils._config_module.load_config
    torch._dynamo.guards.GuardBuilder.get torch.jit.unsupported_tensor_ops.execWrapper
    torch.fx.experimental.symbolic_shapes.ShapeEnv.evaluate_guards_expression
    multiprocessing.util.spawnv_passfds _posixsubprocess.fork_exec subprocess.check_output
    commands.getoutput site.main site.addsitedir atexit.register mailcap.findmatch
    uuid._get_command_stdout _osx_support._read_output _osx_support._find_build_tool
    _aix_support._read_cmd_output imaplib.IMAP4_stream _pyrepl.pager.pipe_pager ctypes.CDLL
    cffi.FFI pkgutil.resolve_name logging.config.listen venv.create ensurepip._run_pip
    ssl.get_server_certificate http.server.test socket.create_connection aiohttp.ClientSession
    marshal.loads types.FunctionType zlib.decompress base64.b64decode operator.methodcaller
    operator.itemgetter functools.reduce functools.partialmethod builtins.map builtins.compile
    builtins.open webbrowser.open urllib.request.urlopen urllib.request.urlretrieve
    pandas.io.parsers.readers.read_csv pickle.load _pickle.loads dill.loads cloudpickle.loads
    joblib.load smtplib.SMTP sqlite3.connect shutil.rmtree shutil.copy tempfile.mktemp os.remove
    sys.setrecursionlimit gc.get_objects signal.raise_signal threading.Thread weakref.finalize
    collections.defaultdict types.MappingProxyType string.Formatter.format copyreg.add_extension
    picklescan.scanner.scan_pickle_bytes fickling.hook.activate_safe_ml_environment
"""


def named(how: int, module: str, name: str, argument: bytes = b"touch ran") -> bytes:
    """Call a name in one of the eight ways that there are."""
    lines = f"{module}\n{name}\n".encode()
    pushed = text(module.encode()) + text(name.encode()) + b"\x93"
    given = text(argument)
    ways = (
        b"c" + lines + given + b"\x85R",
        pushed + given + b"\x85R",
        b"(" + given + b"i" + lines,
        b"(" + pushed + given + b"o",
        pushed + given + b"\x85\x81",
        pushed + given + b"\x85}\x92",
        b"c" + lines + b"}" + text(b"command") + given + b"sb",
        pushed + b"\x940h\0" + given + b"\x85R",
    )
    return b"\x80\x04" + ways[how % len(ways)] + b"."


BYPASSES = {
    f"{dotted} in way {how % 8}": (named(how, *dotted.rsplit(".", 1)), dotted)
    for how, dotted in enumerate(UNLISTED.split())
}

SYSTEM = b"cos\nsystem\n" + text(b"touch ran") + b"\x85R"
RAN = "os.system('touch ran')"
PLAIN = pickle.dumps({"weights": [1.5, 2.5], "name": "model"}, 4)
STRING = struct.Struct("<cB").pack


def string(value: bytes) -> bytes:
    """Write what Python 2 called a short string."""
    return STRING(b"U", len(value)) + value


def framed(length: int, *parts: bytes) -> bytes:
    return b"\x95" + struct.pack("<Q", length) + b"".join(parts)


def hidden_by_a_frame() -> bytes:
    """Show bytes to who reads from memory, and a call to who reads the file itself."""
    hidden = b"cos\nsystem\n" + text(b"touch ran") + b"\x85R"
    opening = b"\x80\x05(X" + struct.pack("<I", 131_054) + b"a" * 131_054
    return opening + framed(2, b"B\x07\1\0\0\0\0", hidden.ljust(261, b"N"), b"t.")


# What scanners let through because they followed other opcodes than the unpickler does.
DIFFERENTIALS = {
    "names put with PUT where MEMOIZE counts on": (
        pickled(
            string(b"os"),
            b"q\0",
            string(b"system"),
            b"q\1",
            string(b"torch._utils"),
            b"\x94",
            string(b"_rebuild_tensor_v2"),
            b"\x94",
            b"h\0h\1\x93",
            text(b"touch ran"),
            b"\x85R",
        ),
        RAN,
    ),
    "a name put over a harmless one": (
        pickled(
            text(b"numpy"),
            b"q\0",
            text(b"os"),
            b"q\0",
            text(b"system"),
            b"q\1",
            b"00(h\0h\1\x93",
            text(b"touch ran"),
            b"\x85R",
        ),
        RAN,
    ),
    "a name below padding": (
        pickled(
            text(b"os"),
            text(b"system"),
            *[text(b"numpy"), b"0"] * 9,
            b"\x93",
            text(b"touch ran"),
            b"\x85R",
        ),
        RAN,
    ),
    "a name doubled": (
        pickled(text(b"os"), text(b"system"), b"20\x93", text(b"touch ran"), b"\x85R"),
        RAN,
    ),
    "names set as attributes by BUILD": (
        (
            b"\x80\x05cnumpy\nprod\nN(Va\nVos\nd\x86bN(Vb\nVsystem\nd\x86b0cnumpy\nprod.a\np0\n"
            b"cnumpy\nprod.b\np1\n00g0\ng1\n\x93Vtouch ran\n\x85R."
        ),
        "numpy.prod.a.numpy.prod.b('touch ran')",
    ),
    "a module set as an attribute by BUILD": (
        (
            b"\x80\x05cnumpy\nprod\nNcnumpy\ncore._internal.sys.modules\n\x86b0"
            b"cnumpy\nprod.os.system\nVtouch ran\n\x85R."
        ),
        "numpy.prod.os.system('touch ran')",
    ),
    "builtins out of a module's dictionary": (
        b"\x80\x05cbuiltins\ndict.get\ncnumpy\n__builtins__\nVexec\n\x86RVopen('ran', 'w')\n\x85R.",
        "builtins.dict.get(numpy.__builtins__, 'exec')(\"open('ran', 'w')\")",
    ),
    "a name joined of letters": (
        pickled(
            b"cimportlib\nimport_module\n",
            text(b"builtins"),
            b"\x85Rq\1cbuiltins\ngetattr\nq\2h\1",
            text(b"eval"),
            b"\x86R",
            text(b"1"),
            b"\x85R",
        ),
        "importlib.import_module('builtins'), 'eval')('1')",
    ),
    "a call whose result is thrown away": (pickled(SYSTEM, b"0", PLAIN[2:-1]), RAN),
    "a call below the result": (pickled(SYSTEM, b"}"), RAN),
    "a call as a key": (pickled(b"}", SYSTEM, b"K\1s"), RAN),
    "a call in a set": (b"\x80\x04\x8f(" + SYSTEM + b"\x90.", RAN),
    "an opcode that is none, afterwards": (pickled(SYSTEM, b"\xff"), RAN),
    "no STOP, afterwards": (b"\x80\x02" + SYSTEM, RAN),
    "a cut argument, afterwards": (b"\x80\x02" + SYSTEM + b"X\xff\0\0\0ab", RAN),
    "a memo that is not there, afterwards": (pickled(SYSTEM, b"h\x63"), RAN),
    "a name that is bytes, afterwards": (pickled(SYSTEM, b"C\2osC\6system\x93"), RAN),
    "a name that is a number, afterwards": (pickled(SYSTEM, b"K\x2a", text(b"os"), b"\x93"), RAN),
    "a name that is a byte array, afterwards": (
        b"\x80\x05" + SYSTEM + text(b"os") + b"\x96\6\0\0\0\0\0\0\0system\x93.",
        RAN,
    ),
    "too small a stack, afterwards": (pickled(SYSTEM, b"00000"), RAN),
    "a line without an end": (b"(S'touch ran'\nios\nsystem!", RAN),
    "a number in another base, before": (pickled(b"I0x10\n0", SYSTEM), RAN),
    "a long number in another base, before": (pickled(b"L0b101L\n0", SYSTEM), RAN),
    "letters beyond ASCII in a text, before": (pickled(b"S'\\xff'\n0", SYSTEM), RAN),
    "letters beyond ASCII in a name": (
        pickled("cmodèle\nébréché\n)R".encode()),
        "modèle.ébréché()",
    ),
    "letters beyond ASCII in a name, afterwards": (pickled(SYSTEM, "cmodèle\nx\n".encode()), RAN),
    "an escape in a name": (pickled(b"cos\\x2epath\nsystem\\\n)R"), "os\\x2epath.system\\()"),
    "nothing added to nothing, before": (pickled(b"N(e0}(u0\x8f(\x900", SYSTEM), RAN),
    "a second pickle": (PLAIN + pickled(SYSTEM), RAN),
    "a second pickle after lists": (pickled(b"](K\1e") + pickled(SYSTEM), RAN),
    "a third pickle": (PLAIN + PLAIN + pickled(SYSTEM), RAN),
    "two numbers of protocol": (b"\x80\x04\x80\x02" + SYSTEM + b".", RAN),
    "nothing of a protocol": (SYSTEM + b".", RAN),
    "protocol 0 alone": (b"(S'touch ran'\nios\nsystem\np0\n.", RAN),
    "protocol 0 with escapes": (b"cos\nsystem\n(S'touch\\x20ran'\ntR.", RAN),
    "protocol 0 with other escapes": (b"cos\nsystem\n(Vtouch\\u0020ran\ntR.", RAN),
    "zip behind the pickle": (pickled(SYSTEM) + b"PK\5\6" + bytes(18), RAN),
    "a name with a line of its own": (
        pickled(text(b"os\n  verdict    plain data"), text(b"system"), b"\x93)R"),
        "verdict    plain data",
    ),
    "a name that turns the line round": (
        pickled(text("os\u202etxt".encode()), text(b"system"), b"\x93)R"),
        "os\u202etxt.system()",
    ),
    "a name of 100,000 letters": (pickled(text(b"o" * 100_000), text(b"system"), b"\x93)R"), "ooo"),
    "a name with half a letter": (
        pickled(text(b"o\xed\xa0\x80s"), text(b"system"), b"\x93)R"),
        "o\ud800s.system",
    ),
    "a setting of the process": (
        pickled(b"cos\nenviron\n", text(b"LD_PRELOAD"), text(b"./ran.so"), b"s"),
        "os.environ.__setitem__('LD_PRELOAD', './ran.so')",
    ),
    "settings of the process": (
        pickled(b"cos\nenviron\n(", text(b"LD_PRELOAD"), text(b"./ran.so"), b"u"),
        "os.environ.__setitem__('LD_PRELOAD', './ran.so')",
    ),
    "a folder to import from": (
        pickled(b"csys\npath\n", text(b"/tmp"), b"a"),
        "sys.path.append('/tmp')",
    ),
    "folders to import from": (
        pickled(b"csys\npath\n(", text(b"/tmp"), b"e"),
        "sys.path.extend('/tmp')",
    ),
    "something added to what a call made": (
        b"\x80\x04cbuiltins\nset\n)R(K\1\x90.",
        "builtins.set().add(1)",
    ),
    "the state of what a call made": (
        pickled(b"ccode\nInteractiveInterpreter\n)R}", text(b"locals"), b"}sb"),
        "code.InteractiveInterpreter().__setstate__({'locals': {}})",
    ),
    "attributes of what arrays import": (
        pickled(b"cnumpy.core.multiarray\n_reconstruct\nN}", text(b"a"), text(b"os"), b"s\x86b"),
        "numpy.core.multiarray._reconstruct.__setstate__((None, {'a': 'os'}))",
    ),
    "what arrays import, called to fill the memory": (
        pickled(b"cnumpy\nndarray\nJ\0\0\0\x7f\x85\x85R"),
        "numpy.ndarray((2130706432,))",
    ),
    "an array from what is no array": (
        pickled(b"cnumpy.core.multiarray\n_reconstruct\ncos\nsystem\nK\0\x85C\1b\x87R"),
        "numpy.core.multiarray._reconstruct(os.system, (0,), b'b')",
    ),
    "a module without the end of its line": (b"\x80\2cantigravity!", "antigravity."),
    "a module that does something when it is imported": (
        pickled(b"cantigravity\nfly\n"),
        "antigravity.fly",
    ),
    "another encoding than arrays have": (
        pickled(b"c_codecs\nencode\n", text(b"x"), text(b"idna"), b"\x86R"),
        "_codecs.encode('x', 'idna')",
    ),
    "keywords": (
        pickled(b"csubprocess\nPopen\n", text(b"true"), b"\x85}", text(b"shell"), b"\x88s\x92"),
        "subprocess.Popen('true', **{'shell': True})",
    ),
    "a pickle in a pickle": (
        pickled(b"cpickle\nloads\nC", bytes([len(pickled(SYSTEM))]), pickled(SYSTEM), b"\x85R"),
        "pickle.loads(b",
    ),
    "an identity that the loader looks up": (
        b"\x80\x02Pos.system\n.",
        "persistent_load('os.system')",
    ),
    "an identity of any kind": (
        pickled(text(b"storage"), b"\x85Q"),
        "persistent_load(('storage',))",
    ),
    "twenty thousand calls": (pickled(*[SYSTEM + b"0"] * 20_000, b"N"), RAN),
    "very many imports and then a call": (
        pickled(
            *[b"cerrno\n%s\n" % name.encode() for name in sorted(errno.errorcode.values())], SYSTEM
        ),
        RAN,
    ),
    "sixty types and then a call": (
        pickled(*[b"cnumpy\ndtype\nVV%d\n\x85R0" % number for number in range(1, 61)], SYSTEM),
        RAN,
    ),
    "a hundred calls and then another": (
        pickled(b"(", b"cnumpy\ndtype\nVu1\n\x85R" * 100, SYSTEM, b"t"),
        RAN,
    ),
}

# What only a reader of the whole would notice: names of code that none of them can tell.
OBSCURE = {
    "a call behind a frame that ends too early": hidden_by_a_frame(),
    "a frame that ends inside an opcode": b"\x80\x04" + framed(2, text(b"abc"), b"."),
    "a frame in a frame": b"\x80\x04" + framed(11, framed(1, b"N"), b"."),
    "a frame of 2**63 bytes": b"\x80\x04" + framed(2**63, b"N."),
    "bytes behind the end": PLAIN + b"\0",
    "a plain zip behind the end": PLAIN + b"PK\5\6" + bytes(18),
    "two plain pickles": PLAIN + PLAIN,
    "thirty thousand pickles": b"N." * 30_000,
    "doubled by DUP": pickled(b"K\1", b"2\x86" * 60),
    "doubled dictionaries": pickled(b"}", b"q\1}(X\1\0\0\0ah\1X\1\0\0\0bh\1u" * 40),
    "a dictionary in itself": pickled(b"}q\0X\1\0\0\0ah\0s"),
    "a tuple in its own list": pickled(b"]q\0(h\0t", b"q\1", b"0h\0h\1a"),
    "a list of 50,000 times a list of 50,000": pickled(
        b"](", b"N" * 49_000, b"eq\0(", b"h\0" * 25_000, b"t"
    ),
    "a number of 100,000 digits": pickled(b"L" + b"9" * 100_000 + b"L\n"),
    "a fraction of 100,000 digits": pickled(b"F" + b"9" * 100_000 + b"\n"),
    "a number of 800,000 bits": pickled(b"\x8b" + struct.pack("<i", 100_000) + b"\x7f" * 100_000),
    "LONG4 of less than nothing": pickled(b"\x8b\xff\xff\xff\xff"),
    "a negative place in the memo": pickled(b"Np-1\n"),
    "a place in the memo that is no number": pickled(b"Npx\n"),
    "a filler of 120,000 opcodes": pickled(b"N0" * 60_000, SYSTEM),
    "deep lists of a text": pickled(wrapped(b"]", text(b"a"), b"a", 900)),
    "deep dictionaries": pickled(wrapped(b"}" + text(b"a"), b"N", b"s", 900)),
    "texts of no UTF-8": pickled(text(b"\xff\xfe")),
    "BUILD on a text": pickled(text(b"a"), b"}b"),
    "text that looks like a pickle": b"(lp0\nhello world\n",
}

PICKLES: dict[str, dict[str, bytes]] = {
    "imports": IMPORTS,
    "opcodes": OPCODES,
    "lengths": LENGTHS,
    "broken": BROKEN,
    "bombs": BOMBS,
    "lies": {f"array: {lie}": pickled(array(**changed)) for lie, changed in LIES.items()},
    "bypasses": {name: data for name, (data, _) in BYPASSES.items()},
    "differentials": {name: data for name, (data, _) in DIFFERENTIALS.items()},
    "obscure": OBSCURE,
}
CALLEES = {name: callee for name, (_, callee) in (BYPASSES | DIFFERENTIALS).items()}


# Every other format. A case is a function, because some take a moment to make.

FILES: dict[str, Callable[[], bytes]] = {}


def file(name: str) -> Callable[[Callable[[], bytes]], Callable[[], bytes]]:
    """Add a function to the corpus under a name."""

    def add(make: Callable[[], bytes]) -> Callable[[], bytes]:
        FILES[name] = make
        return make

    return add


def npy(header: str, content: bytes = b"", version: bytes = b"\1\0", width: int = 2) -> bytes:
    """Write an `.npy` file with any header."""
    padded = header.encode("latin-1") + b"\n"
    return b"\x93NUMPY" + version + len(padded).to_bytes(width, "little") + padded + content


def described(descr: str = "'|u1'", shape: str = "(6,)", order: str = "False") -> str:
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"


ARRAYS = {
    "a terabyte": npy(described(shape=f"({2**40},)")),
    "eight terabytes": npy(described("'<f8'", f"({2**20}, {2**20})"), b"abcdef"),
    "a product that wraps to nothing": npy(described(shape=f"({2**32}, {2**32})")),
    "a product that wraps to six": npy(described(shape=f"({2**64 + 6},)"), b"abcdef"),
    "lengths below nothing": npy(described(shape="(-2, -3)"), b"abcdef"),
    "one length below nothing": npy(described(shape="(-1,)"), b"abcdef"),
    "nothing times very much": npy(described(shape=f"(0, {2**62}, {2**62})")),
    "65 dimensions": npy(described(shape="(" + "1," * 64 + "6)"), b"abcdef"),
    "a length that is a fraction": npy(described(shape="(6.0,)"), b"abcdef"),
    "a length that is a text": npy(described(shape="('6',)"), b"abcdef"),
    "a shape that is a number": npy(described(shape="6"), b"abcdef"),
    "an order that is a number": npy(described(order="7"), b"abcdef"),
    "fewer bytes than promised": npy(described(), b"abcde"),
    "more bytes than promised": npy(described(), b"abcdefg"),
    "objects": npy(described("'|O'", "(1,)"), pickled(SYSTEM)),
    "objects that are plain": npy(described("'|O'", "(1,)"), PLAIN),
    "objects in a record": npy(described("[('a', '|u1'), ('b', '|O')]", "(1,)"), pickled(SYSTEM)),
    "a record of two gigabytes": npy(described(f"[('a', '|u1', ({2**31 - 1},))]", "(1,)")),
    "a field of two gigabytes": npy(described("'|V2147483647'", "(1000,)")),
    "fields of nothing, very many": npy(described("'|V0'", f"({2**50},)")),
    "texts of nothing, very many": npy(described("'<U0'", f"({2**50},)")),
    "three thousand fields": npy(described("'" + "u1," * 3000 + "u1'", "(1,)")),
    "records in records": npy(described("[('a', " * 90 + "'|u1'" + ")]" * 90, "(6,)"), b"abcdef"),
    "no type": npy(described("'nothing'"), b"abcdef"),
    "a type of code": npy(described("'__import__(\"os\")'"), b"abcdef"),
    "code for a header": npy("__import__('os').system('touch ran')"),
    "a call in a header": npy(described(shape="open('ran', 'w')")),
    "a number of 9,000 digits": npy(described(shape="(" + "9" * 9000 + ",)")),
    "9,000 signs": npy(described(shape="(" + "-" * 9000 + "1,)"), b"abcdef"),
    "9,000 brackets": npy("(" * 9000),
    "4,000 sums": npy(described(shape="(1" + "+1j" * 3000 + ",)")),
    "a dictionary as a key": npy("{{}: 1}"),
    "no header": npy(""),
    "nothing but a list": npy("[]"),
    "a key that is missing": npy("{'descr': '|u1', 'shape': (6,)}", b"abcdef"),
    "a key too many": npy(described()[:-1] + ", 'eval': 1}", b"abcdef"),
    "a header that is not there": b"\x93NUMPY\1\0\xff\xff{",
    "a header of 60,000 bytes": npy(described() + " " * 60_000, b"abcdef"),
    "version 2 with a header of 4 GiB": b"\x93NUMPY\2\0\xff\xff\xff\xff{",
    "version 3 with a header of 4 GiB": b"\x93NUMPY\3\0\xff\xff\xff\xff{",
    "version 2": npy(described(), b"abcdef", b"\2\0", 4),
    "version 3": npy(described("[('é', '|u1')]"), b"abcdef", b"\3\0", 4),
    "version 9": npy(described(), b"abcdef", b"\x09\x09"),
    "no version": b"\x93NUMPY",
}
FILES |= {f"npy: {name}": lambda data=data: data for name, data in ARRAYS.items()}


def zipped(
    *members: tuple[str | zipfile.ZipInfo, bytes], method: int = zipfile.ZIP_STORED
) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return buffer.getvalue()


FILES |= {
    f"npz: {name}": lambda data=data: zipped(("a.npy", data)) for name, data in ARRAYS.items()
}

SIX = npy(described(), b"abcdef")
END = struct.Struct("<4s4H2IH")  # the end of a zip
ENTRY = struct.Struct("<4s6H3I5H2I")  # a member in its list
LOCAL = struct.Struct("<4s5H3I2H")  # a member where it is


def entry(name: bytes, data: bytes, offset: int, size: int | None = None, flags: int = 0) -> bytes:
    """Write a member's line in the list of a zip."""
    size = len(data) if size is None else size
    sums = (zlib.crc32(data), size, size)
    return ENTRY.pack(
        b"PK\1\2", 20, 20, flags, 0, 0, 33, *sums, len(name), 0, 0, 0, 0, 0, offset
    ) + name  # fmt: skip


def local(name: bytes, data: bytes) -> bytes:
    """Write what stands before a member's content."""
    size = len(data)
    return LOCAL.pack(b"PK\3\4", 20, 0, 0, 0, 33, zlib.crc32(data), size, size, len(name), 0) + name


def listed(contents: bytes, entries: list[bytes], count: int | None = None) -> bytes:
    """Put contents and list of a zip together."""
    lines = b"".join(entries)
    count = min(len(entries) if count is None else count, 0xFFFE)
    return contents + lines + END.pack(b"PK\5\6", 0, 0, count, count, len(lines), len(contents), 0)


@file("npz: sixteen thousand members that are the same bytes")
def same_bytes() -> bytes:
    data = npy(described(shape="(300000,)"), bytes(300_000))
    return listed(local(b"a.npy", data) + data, [entry(b"a.npy", data, 0)] * 16_000)


@file("npz: members inside each other")
def members_inside_each_other() -> bytes:
    contents, entries = b"", []
    for number in range(900):  # the last first: the content of each is all that follows it
        inside = contents or bytes(400_000)
        data = npy(described(shape=f"({len(inside)},)"), inside)
        contents = local(b"%04d.npy" % number, data) + data
        entries.append((b"%04d.npy" % number, data, len(contents)))
    lines = [entry(name, data, len(contents) - length) for name, data, length in entries]
    return listed(contents, lines)


@file("npz: a name twice")
def a_name_twice() -> bytes:
    contents = local(b"a.npy", SIX) + SIX
    return listed(contents * 2, [entry(b"a.npy", SIX, 0), entry(b"a.npy", SIX, len(contents))])


@file("npz: eleven thousand members")
def very_many_members() -> bytes:
    return zipped(*[(f"{number}.npy", b"") for number in range(11_000)])


@file("npz: another name where it is")
def another_name() -> bytes:
    return listed(local(b"a.npy", SIX) + SIX, [entry(b"b.npy", SIX, 0)])


@file("npz: a flag that says it is encrypted")
def encrypted() -> bytes:
    return listed(local(b"a.npy", SIX) + SIX, [entry(b"a.npy", SIX, 0, flags=1)])


@file("npz: more bytes than there are")
def more_than_there_is() -> bytes:
    return listed(local(b"a.npy", SIX) + SIX, [entry(b"a.npy", SIX, 0, size=2**32 - 2)])


@file("npz: a member past the end")
def past_the_end() -> bytes:
    return listed(local(b"a.npy", SIX) + SIX, [entry(b"a.npy", SIX, 2**31)])


@file("npz: a list of more members than there are")
def too_long_a_list() -> bytes:
    return listed(local(b"a.npy", SIX) + SIX, [entry(b"a.npy", SIX, 0)], count=60_000)


@file("npz: content that is not what its sum says")
def wrong_sum() -> bytes:
    return zipped(("a.npy", SIX)).replace(b"abcdef", b"abcdeg")


FILES |= {
    f"npz: the name {name!r}": lambda name=name: zipped((name, SIX))
    for name in ("../a.npy", "/etc/a.npy", "a/../../a.npy", "C:\\a.npy", "..\\a.npy", "\x1b[2J.npy")
} | {
    "npz: compressed": lambda: zipped(("a.npy", SIX), method=zipfile.ZIP_DEFLATED),
    "npz: compressed 1000:1": lambda: zipped(
        ("a.npy", npy(described(shape="(80000000,)"), bytes(80_000_000))),
        method=zipfile.ZIP_DEFLATED,
    ),
    "npz: compressed by bzip2": lambda: zipped(
        ("a.npy", bytes(80_000_000)), method=zipfile.ZIP_BZIP2
    ),
    "npz: cut": lambda: zipped(("a.npy", SIX))[:-10],
    "npz: its end alone": lambda: b"PK\5\6" + bytes(18),
    "npz: its end alone, with a list": lambda: END.pack(b"PK\5\6", 0, 0, 9, 9, 2**31, 2**31, 0),
    "npz: its beginning alone": lambda: b"PK\3\4" + bytes(60),
    "npz: a zip in a zip": lambda: zipped(("a.npy", zipped(("a.npy", SIX)))),
    "npz: 64-bit sizes": lambda: listed(
        local(b"a.npy", SIX) + SIX, [entry(b"a.npy", SIX, 0, size=2**32 - 1)]
    ),
    "npz: no member": zipped,
    "npz: a folder": lambda: zipped(("params/", b"")),
    "npz: the wrong content for meta": lambda: zipped(("meta.npy", npy(described(), b"[[[[[["))),
    "npz: deep JSON": lambda: zipped(
        ("meta.npy", npy(described(shape="(100000,)"), b"[" * 100_000))
    ),
    "npz: a layer of 10**15 outputs": lambda: zipped(
        ("meta.npy", npy(described(shape="(159,)"), GIANT)),
    ),
    "torch: a model": lambda: zipped(
        ("archive/data.pkl", pickled(SYSTEM)), ("archive/version", b"3")
    ),
    "torch: a model with another ending": lambda: zipped(("archive/data.txt", pickled(SYSTEM))),
    "torch: a model with plain pickles": lambda: zipped(("archive/data.pkl", PLAIN)),
}

NO_ARRAYS = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"  # sha256 of nothing
GIANT = (
    b'{"format": 1, "sha256": "'
    + NO_ARRAYS.encode()
    + b'", "layers": [{"layer": "Linear", "n_out": 1000000000000000}]}'
).ljust(159)


def idx(*shape: int, code: int = 8, content: bytes = b"") -> bytes:
    return bytes([0, 0, code, len(shape)]) + struct.pack(f">{len(shape)}I", *shape) + content


FILES |= {
    "gzip: a pickle": lambda: gzip.compress(pickled(SYSTEM)),
    "gzip: a plain pickle": lambda: gzip.compress(PLAIN),
    "gzip: a pickle in gzip": lambda: gzip.compress(gzip.compress(pickled(SYSTEM))),
    "gzip: an array": lambda: gzip.compress(ARRAYS["a terabyte"]),
    "gzip: objects": lambda: gzip.compress(ARRAYS["objects"]),
    "gzip: 1000:1 of zeros": lambda: zeros(150),
    "gzip: 1000:1 of a pickle": lambda: zeros(150, b"\x80\x02C\1a"),
    "gzip: 1000:1, promising more": lambda: zeros(60, idx(60_000, 2800, 2800)),
    "gzip: 1000:1, promising just as much": lambda: zeros(500, idx(500, 1000, 1000)),
    "gzip: one item, 1000:1": lambda: zeros(400, idx(1, 400_000_000)),
    "gzip: promising all that it could hold": lambda: gzip.compress(idx(40, content=bytes(39))),
    "gzip: 20,000 in a row": lambda: (
        gzip.compress(b"") * 20_000 + gzip.compress(idx(1, content=b"a"))
    ),
    "gzip: an IDX file in parts, one too many": lambda: gzip.compress(idx(1, content=b"a")) * 2,
    "gzip: cut": lambda: gzip.compress(idx(100, content=bytes(100)))[:-9],
    "gzip: content that is not what its sum says": lambda: (
        gzip.compress(idx(4, content=b"abcd"))[:-8] + bytes(8)
    ),
    "gzip: no content": lambda: gzip.compress(b""),
    "gzip: its beginning alone": lambda: b"\x1f\x8b",
    "gzip: bytes behind the end": lambda: gzip.compress(idx(1, content=b"a")) + b"x",
    "gzip: a name of 100,000 letters": lambda: b"\x1f\x8b\x08\x08" + bytes(6) + b"a" * 100_000,
    "gzip: another method": lambda: b"\x1f\x8b\x07\0" + bytes(20),
    "gzip: damaged": lambda: b"\x1f\x8b\x08\0" + bytes(6) + b"\xff" * 100,
    "IDX: 2**128 elements": lambda: idx(2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, code=14),
    "IDX: nothing times very much": lambda: idx(0, 2**32 - 1, 2**32 - 1),
    "IDX: very much times nothing": lambda: idx(2**32 - 1, 0),
    "IDX: 255 dimensions": lambda: idx(*[1] * 255, content=b"a"),
    "IDX: no dimension": lambda: b"\0\0\x08\0",
    "IDX: an unknown type": lambda: idx(1, code=10, content=b"a"),
    "IDX: a byte too few": lambda: idx(7, content=b"abcdef"),
    "IDX: a byte too many": lambda: idx(5, content=b"abcdef"),
    "IDX: half a header": lambda: b"\0\0\x08\x03\0\0",
}


MEGABYTE = bytes(1_000_000)


def zeros(megabytes: int, head: bytes = b"", wrapping: int = 31) -> bytes:
    """Compress a head and then zeros, a thousandfold and at once: one megabyte, many times over.

    The wrapping is that of `zlib`: 31 for gzip, 15 for zlib.
    """
    packer = zlib.compressobj(9, wbits=-15)
    packed = packer.compress(head) + packer.flush(zlib.Z_FULL_FLUSH)
    million = packer.compress(bytes(1_000_000)) + packer.flush(zlib.Z_FULL_FLUSH)
    packed += million * megabytes + packer.flush()
    checksum, total = (zlib.crc32, 0) if wrapping == 31 else (zlib.adler32, 1)
    total = checksum(head, total)
    for _ in range(megabytes):
        total = checksum(MEGABYTE, total)
    if wrapping == 31:
        size = len(head) + megabytes * len(MEGABYTE)
        return b"\x1f\x8b\x08" + bytes(7) + packed + struct.pack("<II", total, size)
    return b"\x78\xda" + packed + struct.pack(">I", total)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(
    width: int, height: int, *chunks: bytes, depth: int = 8, colour: int = 0, interlace: int = 0
) -> bytes:
    """Write a PNG with any chunks between its header and its end."""
    header = struct.pack(">2I5B", width, height, depth, colour, 0, 0, interlace)
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", header), *chunks, chunk(b"IEND", b"")])


def pixels(width: int, height: int, channels: int = 1) -> bytes:
    """Write black pixels, each row with its filter, which is 0 too."""
    megabytes, rest = divmod((width * channels + 1) * height, len(MEGABYTE))
    return chunk(b"IDAT", zeros(megabytes, bytes(rest), wrapping=15))


def compressed_text(megabytes: int) -> bytes:
    return chunk(b"zTXt", b"Comment\0\0" + zeros(megabytes, wrapping=15))


def drawn(kind: str) -> bytes:
    """Write a small picture in another format."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(np.arange(784, dtype=np.uint8).reshape(28, 28)).save(buffer, kind)
    return buffer.getvalue()


SMALL = pixels(28, 28)
POSTSCRIPT = (
    b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 28 28\n(ran) (w) file closefile\nshowpage\n"
)
FILES |= {
    "PNG: 60,000 x 60,000": lambda: png(60_000, 60_000, SMALL),
    "PNG: 2**31 x 1": lambda: png(2**31 - 1, 1, SMALL),
    "PNG: nothing x nothing": lambda: png(0, 0, SMALL),
    "PNG: 49 million pixels": lambda: png(7000, 7000, pixels(7000, 7000)),
    "PNG: 49 million pixels of colour": lambda: png(7000, 7000, pixels(7000, 7000, 4), colour=6),
    "PNG: 49 million pixels, a few of them there": lambda: png(7000, 7000, SMALL),
    "PNG: 49 million pixels, interlaced": lambda: png(7000, 7000, pixels(7000, 8000), interlace=1),
    "PNG: 49 million pixels of 16 bits": lambda: png(
        7000, 7000, pixels(7000, 7000, 8), depth=16, colour=6
    ),
    "PNG: more pixels than its size": lambda: png(28, 28, pixels(20_000, 10_000)),
    "PNG: text 1000:1": lambda: png(28, 28, compressed_text(400), SMALL),
    "PNG: 500 texts 1000:1": lambda: png(28, 28, *[compressed_text(1)] * 500, SMALL),
    "PNG: text behind the pixels, 1000:1": lambda: png(28, 28, SMALL, *[compressed_text(1)] * 500),
    "PNG: international text 1000:1": lambda: png(
        28, 28, chunk(b"iTXt", b"Comment\0\1\0\0\0" + zeros(400, wrapping=15)), SMALL
    ),
    "PNG: a profile 1000:1": lambda: png(
        28, 28, chunk(b"iCCP", b"p\0\0" + zeros(400, wrapping=15)), SMALL
    ),
    "PNG: Exif that is none": lambda: png(
        28, 28, chunk(b"eXIf", b"MM\0*\0\0\0\x08\xff\xff" + b"\xff" * 200), SMALL
    ),
    "PNG: 100,000 chunks": lambda: png(28, 28, *[chunk(b"tEXt", b"a\0b")] * 100_000, SMALL),
    "PNG: a chunk of 4 GiB": lambda: png(28, 28)[:33] + b"\xff\xff\xff\xffIDAT" + b"abc",
    "PNG: a chunk with a sum of its own": lambda: png(28, 28, SMALL)[:-20] + bytes(20),
    "PNG: colours without a table": lambda: png(28, 28, SMALL, colour=3),
    "PNG: a depth that is none": lambda: png(28, 28, SMALL, depth=7),
    "PNG: no pixels": lambda: png(28, 28),
    "PNG: pixels that are no deflate": lambda: png(28, 28, chunk(b"IDAT", b"\xff" * 100)),
    "PNG: frames beyond its size": lambda: png(
        28,
        28,
        chunk(b"acTL", struct.pack(">2I", 2**31 - 1, 0)),
        chunk(b"fcTL", struct.pack(">5I2H2B", 0, 60_000, 60_000, 0, 0, 1, 1, 0, 0)),
        SMALL,
    ),
    "PNG: 1,000 frames": lambda: png(
        28,
        28,
        chunk(b"acTL", struct.pack(">2I", 1000, 0)),
        *[
            chunk(b"fcTL", struct.pack(">5I2H2B", 2 * n, 28, 28, 0, 0, 1, 1, 0, 0))
            for n in range(1000)
        ],
        SMALL,
    ),
    "PNG that is TIFF": lambda: drawn("TIFF")[:-50],
    "PNG that is TIFF of 60,000 x 60,000": lambda: tiff(60_000, 60_000),
    "PNG that is TIFF of 7,000 x 7,000": lambda: tiff(7_000, 7_000),
    "PNG that is GIF of 65,535 x 65,535": lambda: (
        b"GIF89a\xff\xff\xff\xff\0\0\0,\0\0\0\0\xff\xff\xff\xff\0\x08\0;"
    ),
    "PNG that is GIF of 7,000 x 7,000": lambda: (
        b"GIF89a\x58\x1b\x58\x1b\0\0\0,\0\0\0\0\x58\x1b\x58\x1b\0\x08\2\4\1\0;"
    ),
    "PNG that is BMP of 7,000 x 7,000": lambda: bmp(7000, 7000),
    "PNG that is BMP of -2**31 x 2**31": lambda: bmp(2**31 - 1, -(2**31)),
    "PNG that is PPM of 10**9 x 10**9": lambda: b"P6 1000000000 1000000000 255\n",
    "PNG that is PPM of 7,000 x 7,000": lambda: b"P5 7000 7000 255\n" + bytes(100),
    "PNG that is PPM of long words": lambda: b"P2 28 28 255\n" + b"1" * 1_000_000,
    "PNG that is JPEG of 65,500 x 65,500": lambda: drawn("JPEG").replace(
        b"\0\x1c\0\x1c", b"\xff\xdc\xff\xdc", 1
    ),
    "PNG that is JPEG of 7,000 x 7,000": lambda: drawn("JPEG").replace(
        b"\0\x1c\0\x1c", b"\x1b\x58\x1b\x58", 1
    ),
    "PNG that is WEBP, cut": lambda: drawn("WEBP")[:60],
    "PNG that is ICO": lambda: drawn("ICO"),
    "PNG that is EPS": lambda: POSTSCRIPT,
    "PNG that is PDF": lambda: b"%PDF-1.7\n1 0 obj\n",
    "PNG that is SVG": lambda: (
        b'<svg xmlns="http://www.w3.org/2000/svg"><image href="file:///etc/passwd"/></svg>'
    ),
    "PNG that is nothing": lambda: b"\x89PNG\r\n\x1a\n",
}


def tiff(width: int, height: int) -> bytes:
    """Write a TIFF whose one strip is not there."""
    tags = [
        (256, width),
        (257, height),
        (258, 8),
        (259, 1),
        (262, 1),
        (273, 8),
        (277, 1),
        (278, height),
        (279, 9),
    ]
    lines = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return b"II*\0\x08\0\0\0" + struct.pack("<H", len(tags)) + lines + bytes(4)


def bmp(width: int, height: int) -> bytes:
    """Write a BMP of run lengths, without any."""
    header = struct.pack("<IiiHHIIIIII", 40, width, height, 1, 8, 1, 0, 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", 0, 0, 0, 54 + 1024) + header + bytes(1024) + b"\0\1"


FILES = {name: cache(make) for name, make in FILES.items()}  # each is made once
