//! The boxes of an MP4 file around one track of pictures. Names and layouts are those of ISO/IEC
//! 14496-12 and -15.

/// What is in the file.
pub(crate) struct Track<'a> {
    /// Size of the picture, in points.
    pub(crate) width: usize,
    pub(crate) height: usize,
    /// Pictures of a second.
    pub(crate) rate: u32,
    pub(crate) sequence_parameters: &'a [u8],
    pub(crate) picture_parameters: &'a [u8],
    /// Each stands alone.
    pub(crate) pictures: &'a [Vec<u8>],
}

/// The transformation that changes nothing.
const IDENTITY: [u32; 9] = [0x1_0000, 0, 0, 0, 0x1_0000, 0, 0, 0, 0x4000_0000];

/// The whole file: what it is, the pictures, and where each of them is.
pub(crate) fn file(track: &Track<'_>) -> Vec<u8> {
    let kind = named(b"ftyp", &[b"isom", &numbers(&[512]), b"isomavc1mp41"]);
    let mut samples = Vec::new();
    for picture in track.pictures {
        samples.extend(numbers(&[length(picture)]));
        samples.extend(picture);
    }
    let first = length(&kind) + 8;
    let data = named(b"mdat", &[&samples]);
    [kind, data, movie(track, first)].concat()
}

/// `first` is where the first picture is in the file.
fn movie(track: &Track<'_>, first: u32) -> Vec<u8> {
    let count = u32::try_from(track.pictures.len()).unwrap_or(u32::MAX);
    let size = [track.width, track.height].map(|side| u32::try_from(side).unwrap_or(u32::MAX));
    let header = [0, 0, 0, track.rate, count, 0x1_0000, 0x0100_0000, 0, 0];
    let rest = [0, 0, 0, 0, 0, 0, 2];
    let movie_header = named(
        b"mvhd",
        &[&numbers(&header), &numbers(&IDENTITY), &numbers(&rest)],
    );
    // Enabled, and used in the film.
    let track_header = [3, 0, 0, 1, 0, count, 0, 0, 0, 0];
    let side = size.map(|side| side << 16);
    let track_header = named(
        b"tkhd",
        &[
            &numbers(&track_header),
            &numbers(&IDENTITY),
            &numbers(&side),
        ],
    );
    // In an unnamed language.
    let media_header = named(
        b"mdhd",
        &[&numbers(&[0, 0, 0, track.rate, count, 0x55c4_0000])],
    );
    let handler = named(
        b"hdlr",
        &[&numbers(&[0, 0]), b"vide", &numbers(&[0, 0, 0]), b"video\0"],
    );
    // The data is in this very file.
    let place = named(
        b"dref",
        &[&numbers(&[0, 1]), &named(b"url ", &[&numbers(&[1])])],
    );
    let information = named(
        b"minf",
        &[
            &named(b"vmhd", &[&numbers(&[1, 0, 0])]),
            &named(b"dinf", &[&place]),
            &table(track, count, first),
        ],
    );
    let media = named(b"mdia", &[&media_header, &handler, &information]);
    let track = named(b"trak", &[&track_header, &media]);
    named(b"moov", &[&movie_header, &track])
}

/// Where the pictures are, how long each is shown, and how they are coded.
fn table(track: &Track<'_>, count: u32, first: u32) -> Vec<u8> {
    let sizes: Vec<u32> = track.pictures.iter().map(|one| length(one) + 4).collect();
    let description = named(b"stsd", &[&numbers(&[0, 1]), &coding(track)]);
    named(
        b"stbl",
        &[
            &description,
            &named(b"stts", &[&numbers(&[0, 1, count, 1])]),
            &named(b"stsc", &[&numbers(&[0, 1, 1, count, 1])]),
            &named(b"stsz", &[&numbers(&[0, 0, count]), &numbers(&sizes)]),
            &named(b"stco", &[&numbers(&[0, 1, first])]),
        ],
    )
}

fn coding(track: &Track<'_>) -> Vec<u8> {
    let profile = track.sequence_parameters.get(1..4).unwrap_or_default();
    // Lengths of four bytes stand before pictures, and of two before parameters.
    let parameters = named(
        b"avcC",
        &[
            &[1],
            profile,
            &[0xff, 0xe1],
            &short(track.sequence_parameters.len()),
            track.sequence_parameters,
            &[1],
            &short(track.picture_parameters.len()),
            track.picture_parameters,
        ],
    );
    let size = [short(track.width), short(track.height)].concat();
    // 72 points to the inch, one picture to the sample, 24 bits of colour.
    let rest = numbers(&[0x48_0000, 0x48_0000, 0]);
    named(
        b"avc1",
        &[
            &numbers(&[0, 1, 0, 0, 0, 0]),
            &size,
            &rest,
            &short(1),
            &[0; 32],
            &short(24),
            &[0xff, 0xff],
            &parameters,
        ],
    )
}

/// A box: its length, its name, and what is in it.
fn named(name: &[u8; 4], parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    [&numbers(&[length(&content) + 8]), name.as_slice(), &content].concat()
}

fn numbers(numbers: &[u32]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| number.to_be_bytes())
        .collect()
}

fn short(number: usize) -> [u8; 2] {
    u16::try_from(number).unwrap_or(u16::MAX).to_be_bytes()
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).unwrap_or(u32::MAX)
}
