"""Finds extraction, filtering, sorting and conversion that a program repeats on the same data, in its source.

Reads {"files": [{"path": .., "text": .., "lines": [..]}]} from standard input, where `lines` are those on which the program was seen,
and writes a list of findings. Nothing of the program is run or imported; the text is parsed, and names are followed: an operation
is repeated where it stands in a loop, or in a function that is called in a loop, and nothing that its data are made from changes there.

CPython 3.8 or later, built-in modules only.
"""

import ast
import builtins
import json
import re
import sys

DEEPEST = 6
LONGEST = 100
METHODS = {
    "unique": "distinct",
    "nunique": "distinct",
    "drop_duplicates": "distinct",
    "query": "filter",
    "sort_values": "sort",
    "sort_index": "sort",
    "groupby": "group",
    "to_numpy": "convert",
    "tolist": "convert",
    "to_list": "convert",
    "to_pandas": "convert",
    "to_dict": "convert",
    "to_records": "convert",
    "to_frame": "convert",
    "astype": "convert",
}
# Where pandas is imported.
METHODS_OF_FRAMES = {
    "set_index": "convert",
    "reset_index": "convert",
    "iterrows": "convert",
    "itertuples": "convert",
    "dropna": "filter",
    "pivot": "group",
    "pivot_table": "group",
    "unstack": "group",
    "melt": "group",
    "resample": "group",
}
FUNCTIONS = {
    "sorted": "sort",
    "set": "distinct",
    "frozenset": "distinct",
    "filter": "filter",
    "list": "convert",
    "tuple": "convert",
}
OF_MODULES = {
    "numpy": {"array": "convert", "asarray": "convert", "unique": "distinct", "sort": "sort", "fromiter": "convert"},
    "pandas": {"DataFrame": "convert", "Series": "convert", "to_datetime": "convert", "read_csv": "parse", "concat": "convert"},
    "polars": {"DataFrame": "convert", "Series": "convert", "read_csv": "parse"},
    "csv": {"reader": "parse", "DictReader": "parse"},
    "json": {"loads": "parse", "load": "parse"},
}
# Methods that evaluate a text, in which `@name` is a name of the program.
EVALUATORS = ("query", "eval")
CONVERTERS = {"float", "int", "str", "Decimal", "strptime", "fromisoformat"}
MUTATORS = {"append", "extend", "insert", "add", "update", "pop", "popleft", "remove", "discard", "clear", "sort", "reverse", "setdefault"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
BUILTINS = set(dir(builtins))
# Calls that give the same for the same arguments.
PURE = set(FUNCTIONS) | {
    "float", "int", "str", "len", "range", "min", "max", "sum", "zip", "enumerate", "abs", "round", "dict", "reversed", "map", "any", "all",
}


class Loop:
    """A loop and what changes in it: its targets, and what is made from itself, changed in place or read anew."""

    def __init__(self, node, targets):
        self.node = node
        self.changing = targets


class Function:
    """A function, or the module outside of all functions."""

    def __init__(self, node, name, params, is_method):
        self.node = node
        self.name = name
        self.params = params
        self.is_method = is_method
        # Names and what each is made from, over all its assignments.
        self.made_from = {}
        self.operations = []
        self.calls = []

    def closure(self, names):
        """All names that these are made from, themselves included."""
        seen, waiting = set(), list(names)
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(self.made_from.get(name, ()))
        return seen


class Module:
    def __init__(self, path, text, lines):
        self.path = path
        self.text = text
        self.lines = set(lines)
        self.imported = {}
        self.functions = {}
        # Attributes of `self`, and the functions that change them.
        self.changed_by = {}
        tree = ast.parse(text)
        self.find_names(tree)
        self.top = Function(tree, "<module>", [], False)
        self.scopes = [self.top] + [f for all_ in self.functions.values() for f in all_]
        for scope in self.scopes:
            body = scope.node.body if isinstance(scope.node.body, list) else [scope.node.body]
            for statement in body:
                self.visit(statement, scope, [])

    def find_names(self, tree):
        methods = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.ClassDef):
                methods.update(id(below) for below in node.body)
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                for name in node.names:
                    self.imported[(name.asname or name.name).split(".")[0]] = name.name.split(".")[0]
            elif isinstance(node, ast.ImportFrom):
                for name in node.names:
                    self.imported[name.asname or name.name] = (node.module or "").split(".")[0]
            elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                arguments = node.args
                params = [a.arg for a in getattr(arguments, "posonlyargs", []) + arguments.args]
                params += [a.arg for a in arguments.kwonlyargs]
                known = self.functions.setdefault(node.name, [])
                known.append(Function(node, node.name, params, id(node) in methods))

    # What is in the text.

    def visit(self, node, scope, loops):
        if isinstance(node, SCOPES):
            return
        self.note_change(node, scope, loops)
        if isinstance(node, (ast.For, ast.AsyncFor)):
            self.note_operation(node, scope, loops)
            self.visit(node.iter, scope, loops)
            names = self.names(node.iter)
            for target in stored(node.target):
                scope.made_from.setdefault(target, set()).update(names)
            inside = loops + [Loop(node, stored(node.target))]
            for below in node.body:
                self.visit(below, scope, inside)
            for below in node.orelse:
                self.visit(below, scope, loops)
        elif isinstance(node, ast.While):
            inside = loops + [Loop(node, set())]
            for below in [node.test] + node.body:
                self.visit(below, scope, inside)
        elif isinstance(node, COMPREHENSIONS):
            self.note_operation(node, scope, loops)
            targets = set()
            for generator in node.generators:
                names = self.names(generator.iter)
                for target in stored(generator.target):
                    targets.add(target)
                    scope.made_from.setdefault(target, set()).update(names)
            inside = loops + [Loop(node, targets)]
            self.visit(node.generators[0].iter, scope, loops)
            for number, generator in enumerate(node.generators):
                for below in ([generator.iter] if number else []) + generator.ifs:
                    self.visit(below, scope, inside)
            for below in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
                self.visit(below, scope, inside)
        else:
            self.note_operation(node, scope, loops)
            if isinstance(node, ast.Call):
                scope.calls.append((node, loops))
            for below in ast.iter_child_nodes(node):
                self.visit(below, scope, loops)

    def note_change(self, node, scope, loops):
        """Names that are assigned or changed in place."""
        targets, value, again = [], None, False
        if isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        elif isinstance(node, ast.AnnAssign):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.AugAssign):
            targets, value, again = [node.target], node.value, True
        elif isinstance(node, ast.NamedExpr):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.withitem) and node.optional_vars is not None:
            targets, value, again = [node.optional_vars], node.context_expr, True
        elif isinstance(node, ast.Delete):
            targets, again = node.targets, True
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in MUTATORS:
            self.change(first_name(node.func.value), scope, loops)
            return
        names = self.names(value) | mentioned(value) if value is not None else set()
        again = again or (value is not None and not self.is_pure(value))
        for target in targets:
            for name in stored(target):
                if again or name in names:
                    self.change(name, scope, loops)
                scope.made_from.setdefault(name, set()).update(names)
            for below in ast.walk(target):
                if isinstance(below, (ast.Subscript, ast.Attribute)):
                    self.change(first_name(below), scope, loops)

    def change(self, name, scope, loops):
        if name is None:
            return
        for loop in loops:
            loop.changing.add(name)
        if is_own(name):
            self.changed_by.setdefault(name, set()).add(scope)

    def changed_by_calls(self, scope, loop):
        """Attributes of `self` that functions change which are called in a loop."""
        reached, waiting = set(), [called(call) for call, around in scope.calls if loop in around]
        while waiting:
            for function in self.functions.get(waiting.pop(), ()):
                if function not in reached:
                    reached.add(function)
                    waiting.extend(called(call) for call, _ in function.calls)
        return {name for name, changers in self.changed_by.items() if changers & reached}

    def is_pure(self, value):
        """Whether the same names give the same value, as far as can be told: calls of functions that are not known may read a file."""
        for node in ast.walk(value):
            if not isinstance(node, ast.Call) or self.kind_of_call(node) is not None:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", None)
            ours = name in self.functions and (node.args or node.keywords)
            of_library = isinstance(node.func, ast.Attribute) and self.library(node.func.value) in ("numpy", "math")
            if not (ours or of_library or name in PURE):
                return False
        return True

    def library(self, node):
        return self.imported.get(node.id) if isinstance(node, ast.Name) else None

    def names(self, node):
        """Names of data that an expression reads."""
        if node is None:
            return set()
        own = set()
        for below in ast.walk(node):
            if isinstance(below, COMPREHENSIONS):
                for generator in below.generators:
                    own |= stored(generator.target)
            elif isinstance(below, ast.Lambda):
                own |= {argument.arg for argument in below.args.args}
        # An attribute of `self` is a name of its own, but not a method, which may read any.
        methods = {id(n.func) for n in ast.walk(node) if isinstance(n, ast.Call)}
        attributes = [n for n in ast.walk(node) if is_attribute_of_self(n) and id(n) not in methods]
        of_attributes = {id(n.value) for n in attributes}
        read = [n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load)]
        found = {n.id for n in read if id(n) not in of_attributes} | {"self." + n.attr for n in attributes}
        for call in ast.walk(node):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", None) in EVALUATORS:
                found |= mentioned(call)
        return {n for n in found - own if n not in self.imported and n not in self.functions and n not in BUILTINS}

    def kind_of_call(self, node):
        function = node.func
        if isinstance(function, ast.Name):
            library = OF_MODULES.get(self.imported.get(function.id, ""), {})
            return library.get(function.id) or (FUNCTIONS.get(function.id) if function.id not in self.functions else None)
        if isinstance(function, ast.Attribute):
            library = self.library(function.value)
            if library:
                return OF_MODULES.get(library, {}).get(function.attr)
            of_frame = METHODS_OF_FRAMES.get(function.attr) if "pandas" in self.imported.values() else None
            return METHODS.get(function.attr) or of_frame
        return None

    def operation(self, node):
        """What a node does to data, and to which; None where it does nothing of interest."""
        if isinstance(node, ast.Call):
            kind = self.kind_of_call(node)
            if kind is None:
                return None
            of_library = isinstance(node.func, ast.Attribute) and self.library(node.func.value)
            whole = isinstance(node.func, ast.Name) or of_library
            data = node.args + [keyword.value for keyword in node.keywords] if whole else [node.func.value]
            if data and is_range(data[0]):
                return None
            return kind, data
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and is_mask(node.slice):
            return "filter", [node.value]
        if isinstance(node, ast.Attribute) and node.attr == "values" and isinstance(node.ctx, ast.Load):
            return ("convert", [node.value]) if "pandas" in self.imported.values() else None
        if isinstance(node, COMPREHENSIONS):
            first = node.generators[0].iter
            if is_range(first):
                return None
            conditions = [condition for generator in node.generators for condition in generator.ifs]
            if conditions:
                return None if any(self.calls_own(one) for one in conditions) else ("filter", [first])
            if isinstance(node, ast.SetComp):
                return "distinct", [first]
            element = getattr(node, "elt", None)
            function = element.func if isinstance(element, ast.Call) else None
            name = getattr(function, "id", None) or getattr(function, "attr", None)
            return ("convert", [first]) if name in CONVERTERS else None
        if isinstance(node, ast.For) and len(node.body) == 1 and isinstance(node.body[0], ast.If) and not is_range(node.iter):
            choice = node.body[0]
            chooses = not (choice.orelse or self.calls_own(choice.test) or self.calls_own(node.iter))
            return ("filter", [node.iter]) if chooses else None
        return None

    def calls_own(self, node):
        """Whether functions of the program are called in it: what they say is computed, not looked up in a row."""
        return any(isinstance(n, ast.Call) and called(n) in self.functions for n in ast.walk(node))

    def note_operation(self, node, scope, loops):
        found = self.operation(node)
        if found is not None:
            kind, data = found
            names = set().union(*(self.names(one) for one in data))
            if names:
                scope.operations.append((node, kind, names, list(loops)))

    # What is repeated.

    def repeated_by(self, scope, loops, names, depth=0, attributes=frozenset()):
        """The innermost loop that makes the same again: as function, loop; None where there is none. `attributes` are those of objects
        that methods on the way here read."""
        made_from = scope.closure(names)
        for loop in reversed(loops):
            by_calls = self.changed_by_calls(scope, loop)
            if not touch(made_from, loop.changing | by_calls) and not attributes & by_calls:
                return scope, loop
        of_self = {name for name in made_from if is_own(name)}
        given = made_from & set(scope.params) | ({"self"} if of_self else set())
        outer = {name for name in made_from - of_self if name not in scope.params and name not in scope.made_from}
        if scope is self.top or depth >= DEEPEST:
            return None
        for caller in self.scopes:
            for call, around in caller.calls:
                if self.calls(call, scope) and self.was_seen(call):
                    passed = self.passed(call, scope, given)
                    if passed & {"self"} and "self" not in made_from and is_self(getattr(call.func, "value", None)):
                        passed = passed - {"self"} | of_self
                    passed |= outer if caller is self.top else set()
                    found = self.repeated_by(caller, around, passed, depth + 1, attributes | of_self)
                    if found is not None:
                        return found
        return None

    @staticmethod
    def calls(call, scope):
        if isinstance(call.func, ast.Name):
            return call.func.id == scope.name and not scope.is_method
        return isinstance(call.func, ast.Attribute) and call.func.attr == scope.name and scope.is_method

    def was_seen(self, node):
        return any(line in self.lines for line in range(node.lineno, (node.end_lineno or node.lineno) + 1))

    def passed(self, call, scope, given):
        """Names of what a call passes for these parameters."""
        values = list(call.args)
        if scope.is_method:
            values.insert(0, call.func.value)
        by_name = dict(zip(scope.params, values))
        by_name.update((keyword.arg, keyword.value) for keyword in call.keywords)
        return set().union(set(), *(self.names(by_name.get(name)) for name in given))

    def findings(self):
        for scope in self.scopes:
            for node, kind, data, loops in scope.operations:
                if not self.was_seen(node):
                    continue
                found = self.repeated_by(scope, loops, data)
                if found is None:
                    continue
                whole = self.repeated_by(scope, loops, self.names(node))
                identical = whole is not None and whole[1] is found[1]
                called = [n for n in ast.walk(node) if isinstance(n, ast.Call) and getattr(n.func, "id", None) in self.functions]
                around, loop = found
                yield {
                    "file": self.path,
                    "line": node.lineno,
                    "end": node.end_lineno or node.lineno,
                    "kind": kind,
                    "text": self.shown(node),
                    "data": sorted(data),
                    "identical": identical,
                    "calls_others": bool(called),
                    "loop_line": getattr(loop.node, "lineno", 0),
                    "loop_function": around.name,
                }

    def shown(self, node):
        if isinstance(node, ast.For):
            node = node.body[0].test
        text = " ".join((ast.get_source_segment(self.text, node) or "").split())
        return text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."


def stored(target):
    """Names that an assignment gives a value."""
    return {n.id for n in ast.walk(target) if isinstance(n, ast.Name) and isinstance(n.ctx, (ast.Store, ast.Del))}


def mentioned(node):
    """Names of the program that stand as `@name` in texts of an expression."""
    texts = (n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str))
    return {name for text in texts for name in re.findall(r"@([^\W\d]\w*)", text)}


def first_name(node):
    while isinstance(node, (ast.Attribute, ast.Subscript, ast.Call)):
        if is_attribute_of_self(node):
            return "self." + node.attr
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else None


def called(call):
    """Name of the function or method that is called."""
    return getattr(call.func, "id", None) or getattr(call.func, "attr", None)


def is_self(node):
    return isinstance(node, ast.Name) and node.id == "self"


def is_attribute_of_self(node):
    return isinstance(node, ast.Attribute) and is_self(node.value)


def is_own(name):
    """Whether it is the name of an attribute of `self`."""
    return name.startswith("self.")


def touch(names, changing):
    """Whether what changes is among the names; `self` is all of its attributes."""
    if names & changing:
        return True
    return ("self" in names and any(map(is_own, changing))) or ("self" in changing and any(map(is_own, names)))


def is_range(node):
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        return node.func.id == "range" or (node.func.id == "enumerate" and bool(node.args) and is_range(node.args[0]))
    return False


def is_mask(node):
    """Whether an index chooses rows by a condition."""
    if type(node).__name__ == "Index":  # Python 3.8
        node = node.value
    if isinstance(node, ast.Tuple):
        return any(is_mask(part) for part in node.elts)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.BitAnd, ast.BitOr)):
        return is_mask(node.left) or is_mask(node.right)
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Invert):
        return is_mask(node.operand)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in ("isin", "eq", "ne", "gt", "ge", "lt", "le", "between", "notna", "isna")
    return isinstance(node, ast.Compare)


def main():
    findings, unread = [], []
    for file in json.load(sys.stdin)["files"]:
        try:
            findings.extend(Module(file["path"], file["text"], file["lines"]).findings())
        except (SyntaxError, ValueError, RecursionError) as error:
            unread.append("%s cannot be parsed: %s" % (file["path"], error))
    json.dump({"findings": findings, "unread": unread}, sys.stdout)


if __name__ == "__main__":
    main()
