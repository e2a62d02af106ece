# SPDX-License-Identifier: MIT
"""How many private methods a class may have before it is divided by what it owns."""

import re
import unittest

import tree

PRIVATE_METHODS = 25

# What may have more, and why. A row that is no longer needed is a fault too.
ALLOWED_CLASSES = {
    # ("path", "class"): (methods, "reason")
    ("recycler/slots/decider.hpp", "Decider"): (
        172, "one pure machine over one state; its private steps stand grouped by the file that holds them"),
    ("tests/scenario/world.hpp", "World"): (
        52, "it carries out each of the decider's actions, and knows of each what becomes of it"),
}
SLACK = 10  # between such a limit and what there is

COMMENT = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"', re.S)
CLASS = re.compile(r"\b(class|struct)\s+(\w+)\s*(?:final\s*)?(?::[^;{()]*)?\{")
ACCESS = re.compile(r"\b(public|protected|private)\s*:(?!:)")
# What may stand in front of a name that is no return type of a method.
NO_METHOD = re.compile(r"^\s*(using|typedef|friend|static_assert|enum|class|struct|union)\b|=\s*delete\s*$")
TEMPLATE = re.compile(r"^\s*template\s*<[^{}]*?>\s*(?=\w)", re.S)
BRACED = re.compile(r"\{\}")
PARENTHESES = re.compile(r"\([^()]*\)")


def matching(text, start):
    """Behind the brace that closes the one at `start`."""
    depth = 0
    for position in range(start, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    return len(text)


def flat(body):
    """The members of a class alone: what stands in braces becomes {}."""
    text, position = "", 0
    while (opening := body.find("{", position)) >= 0:
        text += body[position:opening] + "{}"
        position = matching(body, opening)
    return text + body[position:]


def is_method(member):
    """One declaration without its end: does it declare a function? Members that hold one, such as std::function, do not."""
    member = TEMPLATE.sub("", member.strip())
    if not member or NO_METHOD.search(member):
        return False
    while (without := re.sub(r"<[^<>]*>", "", member)) != member:
        member = without
    head = member.split("=")[0] if "operator" not in member else member
    return re.search(r"[\w~=\]\)]\s*\(", head) is not None


def members(text):
    """Declarations of `text`, which is flat: each ends with a semicolon, or with the body of a function."""
    found, begin, depth = [], 0, 0
    for position, char in enumerate(text):
        depth += {"(": 1, ")": -1}.get(char, 0)
        if depth:
            continue
        if char == ";":
            found.append(text[begin:position])
            begin = position + 1
        elif text.startswith("{}", position) and not text[position + 2:].lstrip().startswith((";", ",", ")")):
            found.append(text[begin:position])
            begin = position + 2
    return [BRACED.sub("", each) for each in found]


def private_methods(text):
    """(class, how many private methods it declares) for each class of a header or source."""
    text = COMMENT.sub("", text)
    for match in CLASS.finditer(text):
        kind, name = match[1], match[2]
        body = flat(text[match.end():matching(text, match.end() - 1) - 1])
        parts = ACCESS.split(body)
        sections = [("private" if kind == "class" else "public", parts[0])] + list(zip(parts[1::2], parts[2::2]))
        yield name, sum(is_method(each) for access, part in sections if access == "private" for each in members(part))


def faults_of(path, text, allowed=ALLOWED_CLASSES):
    faults = []
    for name, count in private_methods(text):
        limit = allowed.get((path, name), (PRIVATE_METHODS,))[0]
        if count > limit:
            faults.append(f"{path}: {name} has {count} private methods, {limit} allowed")
    return faults


def text_of(path):
    return "\n".join(tree.lines(path))


class Classes(unittest.TestCase):
    def test_no_class_has_too_many_private_methods(self):
        seen, faults = 0, []
        for path in tree.files(*tree.HEADERS, *tree.SOURCES):
            text = text_of(path)
            seen += len(list(private_methods(text)))
            faults += faults_of(path, text)
        self.assertGreater(seen, 200, "the check sees no classes")
        self.assertEqual(faults, [], "\n" + "\n".join(faults))

    def test_the_list_of_exceptions_holds_no_row_that_is_not_needed(self):
        for (path, name), (limit, reason) in ALLOWED_CLASSES.items():
            with self.subTest(path=path, name=name):
                counts = dict(private_methods(text_of(path)))
                self.assertGreater(counts.get(name, 0), PRIVATE_METHODS, "small enough by now, or not there")
                self.assertLess(limit - counts[name], SLACK, "the limit is too far away to be one")
                self.assertGreater(len(reason), 20, "no reason")

    def test_the_check_can_fail(self):
        many = "".join(f"    void f{i}(int a);\n" for i in range(26))
        self.assertEqual(faults_of("x.hpp", f"class A {{\n  public:\n    A();\n  private:\n{many}}};"),
                         ["x.hpp: A has 26 private methods, 25 allowed"])
        self.assertEqual(faults_of("x.hpp", f"class A final : private B {{\n{many}}};"),
                         ["x.hpp: A has 26 private methods, 25 allowed"])
        self.assertEqual(faults_of("x.hpp", f"class A {{\n  public:\n{many}}};"), [])
        self.assertEqual(faults_of("x.hpp", f"struct A {{\n{many}}};"), [])
        self.assertEqual(faults_of("x.hpp", f"class A {{\n{many}}};", {("x.hpp", "A"): (26, "for this test")}), [])

    def test_a_method_is_counted_however_it_is_written(self):
        for method in ("void f();", "[[nodiscard]] Result<std::map<int, int>> f(int a) const { return g(a); }",
                       "void f() override {}", "static int f(int a = 3);", "template <typename T> void f(T t);",
                       "bool operator==(const A&) const = default;", "explicit A(int a) : a_(a) {}", "~A();",
                       "std::optional<std::vector<SlotId>>\n    f(control::CallId call,\n      const std::string& n);"):
            with self.subTest(method=method):
                self.assertEqual(list(private_methods(f"class A {{\n    {method}\n    int b_ = 0;\n}};")), [("A", 1)])

    def test_what_is_no_method_is_not_counted(self):
        for member in ("int a_ = f(3);", "std::function<void(int)> f_;", "std::map<int, std::function<int()>> m_{};",
                       "using F = int (*)(int);", "enum class B { one, two };", "Listeners l_{{loop_, slots_}};",
                       "struct B {\n        int f(int);\n    };", "// void f();", "A(const A&) = delete;",
                       "friend Result<A> make(int a);", "std::array<int, 3> a_{};", "Outside o_{{a_}, B(c_)};"):
            with self.subTest(member=member):
                counts = dict(private_methods(f"class A {{\n    {member}\n    int b_ = 0;\n}};"))
                self.assertEqual(counts["A"], 0)


if __name__ == "__main__":
    unittest.main()
