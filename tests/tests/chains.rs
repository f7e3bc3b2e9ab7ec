//! Capability chains behind an answer: what a kernel writes is read, and bytes that nobody may trust are survived.

use std::collections::HashSet;

use argsz::BrokenChain;
use argsz_linux::vfio::{VfioIommuType1InfoCapability as Container, VfioRegionInfoCapability as Region};
use proptest::prelude::*;

/// `vfio_region_info` with capabilities behind it.
fn region(argsz: u32, flags: u32, first: u32, behind: &[u32]) -> Vec<u8> {
    let fields = [argsz, flags, 0, first, 0x1000, 0, 0, 0];
    fields.iter().chain(behind).flat_map(|word| word.to_ne_bytes()).collect()
}

/// `id`, `version` and `next` of a head.
fn head(id: u16, next: u32) -> [u32; 2] {
    [u32::from_ne_bytes([id.to_ne_bytes(), 1_u16.to_ne_bytes()].concat().try_into().expect("four bytes")), next]
}

/// `CAPS` of `vfio_region_info`.
const CAPS: u32 = 8;

/// A region of which two pages may be mapped, with MSI-X in one of them.
fn sparse() -> Vec<u8> {
    let mut behind = head(1, 80).to_vec();
    behind.extend([2, 0, 0, 0, 0x1000, 0, 0x2000, 0, 0x3000, 0]);
    behind.extend(head(3, 0));
    region(88, CAPS, 32, &behind)
}

fn errors(answer: &[u8]) -> Vec<BrokenChain> {
    Region::of(answer).filter_map(Result::err).collect()
}

#[test]
fn capabilities_of_a_region_with_their_arrays() {
    let answer = sparse();
    let all: Vec<Region<'_>> = Region::of(&answer).collect::<Result<_, _>>().expect("a chain in order");
    let [Region::SparseMmap(cap, areas), Region::MsixMappable(_)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!(cap.nr_areas, 2);
    let areas: Vec<(u64, u64)> = areas.iter().map(|area| (area.get().offset, area.get().size)).collect();
    assert_eq!(areas, [(0, 0x1000), (0x2000, 0x3000)]);
}

#[test]
fn without_the_flag_or_an_offset_there_is_no_chain() {
    assert_eq!(Region::of(&region(40, 0, 32, &head(3, 0))).count(), 0);
    assert_eq!(Region::of(&region(40, CAPS, 0, &head(3, 0))).count(), 0);
    assert_eq!(Region::of(&[]).count(), 0);
}

/// As kernels answer that do not round the size of a capability up.
#[test]
fn a_capability_that_is_not_aligned_as_its_struct_is() {
    let fields = [68_u32, 2, 0, 0, 24, 0];
    let behind = [&head(3, 36)[..], &[7], &head(1, 0), &[1, 0, 0x1000, 0, 0x1fff, 0]].concat();
    let answer: Vec<u8> = fields.iter().chain(&behind).flat_map(|word| word.to_ne_bytes()).collect();
    let all: Vec<Container<'_>> = Container::of(&answer).collect::<Result<_, _>>().expect("a chain in order");
    let [Container::DmaAvail(avail), Container::CapIovaRange(_, ranges)] = all.as_slice() else { panic!("{all:?}") };
    assert_eq!((avail.avail, ranges[0].get().start, ranges[0].get().end), (7, 0x1000, 0x1fff));
}

#[test]
fn an_unknown_capability_is_given_with_its_bytes() {
    let answer = region(44, CAPS, 32, &[&head(77, 0)[..], &[5]].concat());
    let Some(Ok(Region::Other(link))) = Region::of(&answer).next() else { panic!("none") };
    assert_eq!((link.at, link.head.id, link.bytes.len()), (32, 77, 12));
}

#[test]
fn what_is_broken_is_said_with_its_offset() {
    let one = |first, next| region(40, CAPS, first, &head(3, next));
    assert_eq!(errors(&one(40, 0)), [BrokenChain::Beyond(40)]);
    assert_eq!(errors(&one(36, 0)), [BrokenChain::Beyond(36)], "a head that is cut off");
    assert_eq!(errors(&one(u32::MAX - 3, 0)), [BrokenChain::Beyond(0xffff_fffc)]);
    assert_eq!(errors(&one(12, 0)), [BrokenChain::Inside(12)]);
    assert_eq!(errors(&one(34, 0)), [BrokenChain::Misaligned(34)]);
    assert_eq!(errors(&one(32, 32)), [BrokenChain::Loop(32)], "a head that is its own next");
}

#[test]
fn a_loop_of_two_gives_each_once() {
    let answer = region(48, CAPS, 32, &[head(3, 40), head(3, 32)].concat());
    let all: Vec<_> = Region::of(&answer).collect();
    assert_eq!((all.len(), all[2].err()), (3, Some(BrokenChain::Loop(32))));
}

#[test]
fn nothing_beyond_argsz_is_read() {
    let mut answer = sparse();
    answer[0] = 80;
    assert_eq!(errors(&answer), [BrokenChain::Beyond(80)]);
}

#[test]
fn an_array_that_is_cut_off_does_not_end_the_chain() {
    let mut answer = sparse();
    answer[40] = 200;
    assert_eq!(errors(&answer), [BrokenChain::Beyond(32)]);
    assert_eq!(Region::of(&answer).filter_map(Result::ok).count(), 1);
}

/// The offsets at which links begin, walked with a set of those that were met; and how it ended.
fn walked(answer: &[u8]) -> (Vec<usize>, bool) {
    let word = |at: usize| answer.get(at..at + 4).map(|b| u32::from_ne_bytes([b[0], b[1], b[2], b[3]]) as usize);
    let (Some(size), Some(flags), Some(first)) = (word(0), word(4), word(12)) else { return (Vec::new(), true) };
    let end = size.min(answer.len());
    if end < 16 || flags & CAPS as usize == 0 {
        return (Vec::new(), true);
    }
    let (mut at, mut met) = (first, Vec::new());
    let mut seen = HashSet::new();
    while at != 0 {
        if at < 32 || at % 4 != 0 || at + 8 > end || !seen.insert(at) {
            return (met, false);
        }
        met.push(at);
        at = word(at + 4).expect("inside the answer");
    }
    (met, true)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Offsets are small, so that chains are long and come back to where they were.
    #[test]
    fn arbitrary_bytes_are_walked_as_by_a_set(
        argsz in 0_u32..200,
        flags in 0_u32..16,
        first in 0_u32..180,
        next in proptest::collection::vec((0_u16..7, 0_u32..50), 0..20),
    ) {
        let behind: Vec<u32> = next.iter().flat_map(|(id, next)| head(*id, next * 4)).collect();
        let answer = region(argsz, flags, first, &behind);
        let (met, whole) = walked(&answer);
        let links = Region::CHAIN.links(&answer, |head: &argsz_linux::vfio::VfioInfoCapHeader| head.next);
        let all: Vec<_> = links.collect();
        let given: Vec<usize> = all.iter().flatten().map(|link| link.at).collect();
        prop_assert_eq!(given, met);
        prop_assert_eq!(all.iter().all(Result::is_ok), whole);
        // Typed, each link is one thing or one error, and nothing panics.
        prop_assert_eq!(Region::of(&answer).count(), all.len());
    }

    #[test]
    fn noise_never_panics(noise in proptest::collection::vec(any::<u8>(), 0..256)) {
        let links = Region::of(&noise).count();
        prop_assert!(links <= noise.len());
        prop_assert!(Container::of(&noise).count() <= noise.len());
    }
}
