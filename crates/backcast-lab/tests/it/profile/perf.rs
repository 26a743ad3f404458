//! What `perf script` prints, read from a text that it printed.

use backcast_lab::profile::{Area, Builder, View, perf};

const SCRIPT: &str = "\
sort  10/10   100.000000: 
\t     d4ad7 compare (int, char) (/usr/bin/sort)
\t     d4ad6 main (/usr/bin/sort)

sort  10/10   100.001003: 
\tffffffff816c7016 do_syscall_64 ([kernel.kallsyms])
\t     d4ad6 main (/usr/bin/sort)
\t         0 [unknown] ([unknown])

sort  10/11   100.002006: 
\t     1111 [unknown] (/usr/lib/libfoo.so.1)

perf-exec  12/12   100.002: 
\t     1 execve (/usr/lib/libc.so.6)

other one  13/13   100.003: 
\t     1 work (/opt/other)
";

#[test]
fn samples_become_call_paths_of_processes() {
    let mut builder = Builder::default();
    perf::read_script(SCRIPT.as_bytes(), 10_000_000, |pid| pid != 13, &mut builder).unwrap();
    let profile = builder.finish("sort", vec![], String::new(), 10_000_000);
    assert_eq!(profile.threads.len(), 1, "{:?}", profile.threads);
    assert_eq!((profile.threads[0].count, profile.threads[0].samples), (2, 3));
    let view = View::of(&profile);
    let row = |name: &str| view.rows.iter().find(|row| row.name == name).unwrap();
    assert_eq!((row("main").samples, row("main").total_samples), (0, 2));
    assert_eq!(row("compare (int, char)").own_ns, 1_003_009);
    assert_eq!(row("[libfoo.so.1]").samples, 1);
    assert_eq!(row("do_syscall_64").area, Area::Caller);
    assert!(profile.largest_gap() < 0.001);
}

#[test]
fn a_text_that_is_no_script_gives_nothing() {
    let mut builder = Builder::default();
    let text = "\n\n  stray (x)\nnonsense\n\u{fffd}\n";
    perf::read_script(text.as_bytes(), 1, |_| true, &mut builder).unwrap();
    assert!(builder.is_empty());
}
