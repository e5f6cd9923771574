//! What a bot in Python keeps in files, which are in memory.

use crate::harness::Folder;

/// Everything has a date that a ZIP file can hold; what is written is found by `import`, and by the databases of
/// Python's library.
#[test]
fn files_in_memory_are_files_for_pythons_library() {
    let bot = r#"
import os, runpy, shelve, shutil, sys, time, zipfile
import ravenry

class B(ravenry.Bot):
    def respond(self, query, reply):
        os.mkdir("made")
        yield str({time.time() - os.stat(path).st_mtime < 60 for path in (".", "/tmp", "bot.py", "made")})
        with zipfile.ZipFile("all.zip", "w") as all:
            all.write("bot.py")
        shutil.copy2("bot.py", "/tmp/copy.py")
        yield f" {os.path.getmtime('/tmp/copy.py') == os.path.getmtime('bot.py')}"
        with open("made/answer.py", "w") as file:
            file.write("ANSWER = 42\n")
        from made import answer
        yield f" {answer.ANSWER} {runpy.run_path('made/answer.py')['ANSWER']}"
        with shelve.open("kept") as kept:
            kept["list"] = [1, 2]
        with shelve.open("kept") as kept:
            yield f" {kept['list']}"
        try:
            os.rename("bot.py", "none/bot.py")
        except FileNotFoundError as error:
            yield " " + str(error).partition("] ")[2]
"#;
    let folder = Folder::with_manifest("[bot.b]\nsource = \"bot.py\"\n").file("bot.py", bot);
    let server = folder.up();
    server.wait_ready();
    assert_eq!(
        server.ask("b", "?").said(),
        "{True} True 42 42 [1, 2] No such file or directory: 'bot.py' -> 'none/bot.py'"
    );
}
