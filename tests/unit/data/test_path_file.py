import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from microtann.data.path_file import read_path
from microtann.errors import DataFileError


def write(folder, text):
    path = folder / "path.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_columns_in_any_order_and_time_are_read(tmp_path):
    path = write(tmp_path, "# shear test\ne12, time ,e11,E22\n0.1,0.5,0.2,0.3\n0.4,2,0.5,0.6\n\n")
    time, strain = read_path(path, 3)
    np.testing.assert_array_equal(time, [0.5, 2.0])
    np.testing.assert_array_equal(strain, [[0.2, 0.3, 0.1], [0.5, 0.6, 0.4]])


def test_without_time_increments_last_one_unit(tmp_path):
    time, strain = read_path(write(tmp_path, "e11,e22,e33,e23,e13,e12\n1,2,3,4,5,6\n0,0,0,0,0,0\n"), 6)
    np.testing.assert_array_equal(time, [1.0, 2.0])
    np.testing.assert_array_equal(strain, [[1, 2, 3, 4, 5, 6], [0] * 6])


def test_a_line_with_the_virgin_state_is_left_out(tmp_path):
    time, strain = read_path(write(tmp_path, "step,time,e11\n0,0,0\n1,0.5,0.1\n2,0.75,0\n"), 1)
    np.testing.assert_array_equal(time, [0.5, 0.75])
    np.testing.assert_array_equal(strain, [[0.1], [0.0]])


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    strain=arrays.arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.just(6)),
        elements=st.floats(allow_nan=False, allow_infinity=False),
    )
)
def test_every_finite_path_survives_the_file(tmp_path, strain):
    lines = ["e11,e22,e33,e23,e13,e12", *(",".join(map(repr, row.tolist())) for row in strain)]
    _, read = read_path(write(tmp_path, "\n".join(lines)), 6)
    np.testing.assert_array_equal(read, strain)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
@pytest.mark.parametrize(
    "text",
    [
        "time;e11;e22;e12\n0,5;1,25E-3;0;-2\n1;0,25;1;3\n",
        "sep=;\r\ntime;e11;e22;e12\r\n0,5;1,25E-3;0;-2\r\n1;0,25;1;3\r\n;;;\r\n\r\n",
        "time\te11\te22\te12\n0,5\t0,00125\t0\t-2\n1\t0,25\t1\t3\n",
        "time;e11;e22;e12\n0.5;1.25d-03;0;-2\n1;0.25;1;3\n",
        "time,e11,e22,e12\n.5,+1.25D-3,0D0,-2.\n1,2.5-001,1,3\n,,,\n\n",
    ],
)
def test_files_as_spreadsheets_and_fortran_write_them(tmp_path, text, encoding):
    file = tmp_path / "path.csv"
    file.write_bytes(text.encode(encoding))
    time, strain = read_path(file, 3)
    np.testing.assert_array_equal(time, [0.5, 1.0])
    np.testing.assert_array_equal(strain, [[1.25e-3, 0.0, -2.0], [0.25, 1.0, 3.0]])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is empty: its first line must be time,e11,e22,e12"),
        ("e11,e22,e12\n", "no increments"),
        ("e11,e22\n1,2\n", "line 1: column 'e12' is missing"),
        ("e11,e22,e12,e33\n1,2,3,4\n", "line 1: unknown column 'e33'"),
        ("e11,e22,e12,e11\n1,2,3,4\n", "line 1: column 'e11' is given twice"),
        ("e11,e22,e12\n1,2,3\n1,2\n", "line 3 has 2 values"),
        ("e11,e22,e12\n1,2,3\n1,,3\n", "line 3: e22 is empty"),
        ("e11,e22,e12\n1,2,3\n\n1,2,3\n", "line 3 is empty: the path has a gap"),
        ("e11,e22,e12\n1,nan,3\n", "line 2: e22 is nan"),
        ("e11;e22;e12\n1.234,5;1;1\n", "line 2: e11 is '1.234.5', which is not a number"),
        ("e11,e22,e12\n1,2,\n", "line 2: e12 is empty"),
        ("e11,e22,e12\n1,2,inf\n", "line 2: e12 is inf"),
        ("e11,e22,e12\n1,two,3\n", "line 2: e22 is 'two'"),
        ("time,e11,e22,e12\n1,0,0,0\n1,0,0,0\n", "line 3: time is 1 after 1"),
        ("time,e11,e22,e12\n0,1,0,0\n1,0,0,0\n", "line 2: time is 0 after 0"),
        ("step,e11,e22,e12\n1,0,0,0\n3,0,0,0\n", "line 3: step is 3 where 2 should follow"),
    ],
)
def test_a_bad_file_is_refused_with_its_line(tmp_path, text, message):
    with pytest.raises(DataFileError, match=message):
        read_path(write(tmp_path, text), 3)


def test_a_missing_or_binary_file_is_refused(tmp_path):
    with pytest.raises(DataFileError, match="cannot be read"):
        read_path(tmp_path / "none.csv", 3)
    binary = tmp_path / "binary.csv"
    binary.write_bytes(b"\x89HDF\xff\xfe")
    with pytest.raises(DataFileError, match="not a text file"):
        read_path(binary, 3)
