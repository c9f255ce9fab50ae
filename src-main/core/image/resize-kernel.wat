;; The two passes of the resize with many products at a time: more than ten times as fast as JavaScript, with the same bits.
;;
;; A plan has one entry of $entryBytes per output index: where its first source sample lies, in bytes from the start of the pass's
;; source (i32); the bytes of its coefficients (i32); and the coefficients themselves, 22-bit fixed point, in pairs: the upper parts of
;; two of them (i16, i16), then their lowest eight bits (i16, i16). Processors multiply numbers of 16 bits and add them up in pairs in one
;; step, but not longer ones; the sums with both parts, put together at the end, are the sum with the whole coefficients.
;; Sums start at one half, are shifted down, and saturate to 0..255 as Pillow's do.
(module
  (memory (export "memory") 1)

  ;; Along each row of interleaved RGB, four pixels at a time: coefficients come in fours. Of sixteen bytes read four pixels count; of four
  ;; written the fourth is overwritten by the next pixel. Fifteen bytes after $sourceEnd and one after the last pixel written must exist.
  (func (export "resizeRows")
    (param $source i32) (param $sourceEnd i32) (param $sourceRowBytes i32)
    (param $plan i32) (param $planEnd i32) (param $entryBytes i32)
    (param $target i32)
    (local $entry i32) (local $at i32) (local $coefficient i32) (local $coefficientEnd i32)
    (local $pixels v128) (local $samples v128) (local $upper v128) (local $lower v128)
    (loop $row
      (local.set $entry (local.get $plan))
      (loop $pixel
        (local.set $at (i32.add (local.get $source) (i32.load (local.get $entry))))
        (local.set $coefficient (i32.add (local.get $entry) (i32.const 8)))
        (local.set $coefficientEnd (i32.add (local.get $coefficient) (i32.load offset=4 (local.get $entry))))
        (local.set $upper (v128.const i32x4 0 0 0 0))
        (local.set $lower (i32x4.splat (i32.const 0x200000)))
        (loop $taps
          (local.set $pixels (v128.load (local.get $at)))
          ;; Red of the first two, green of both, blue of both, as 16-bit numbers; then the same of the other two.
          (local.set $samples
            (i8x16.swizzle (local.get $pixels) (v128.const i8x16 0 -1 3 -1 1 -1 4 -1 2 -1 5 -1 -1 -1 -1 -1)))
          (local.set $upper
            (i32x4.add
              (local.get $upper)
              (i32x4.dot_i16x8_s (local.get $samples) (v128.load32_splat (local.get $coefficient)))))
          (local.set $lower
            (i32x4.add
              (local.get $lower)
              (i32x4.dot_i16x8_s (local.get $samples) (v128.load32_splat offset=4 (local.get $coefficient)))))
          (local.set $samples
            (i8x16.swizzle (local.get $pixels) (v128.const i8x16 6 -1 9 -1 7 -1 10 -1 8 -1 11 -1 -1 -1 -1 -1)))
          (local.set $upper
            (i32x4.add
              (local.get $upper)
              (i32x4.dot_i16x8_s (local.get $samples) (v128.load32_splat offset=8 (local.get $coefficient)))))
          (local.set $lower
            (i32x4.add
              (local.get $lower)
              (i32x4.dot_i16x8_s (local.get $samples) (v128.load32_splat offset=12 (local.get $coefficient)))))
          (local.set $at (i32.add (local.get $at) (i32.const 12)))
          (local.set $coefficient (i32.add (local.get $coefficient) (i32.const 16)))
          (br_if $taps (i32.lt_u (local.get $coefficient) (local.get $coefficientEnd))))
        (local.set $lower
          (i32x4.shr_s
            (i32x4.add (i32x4.shl (local.get $upper) (i32.const 8)) (local.get $lower))
            (i32.const 22)))
        (local.set $lower (i16x8.narrow_i32x4_s (local.get $lower) (local.get $lower)))
        (v128.store32_lane 0
          (local.get $target)
          (i8x16.narrow_i16x8_u (local.get $lower) (local.get $lower)))
        (local.set $target (i32.add (local.get $target) (i32.const 3)))
        (local.set $entry (i32.add (local.get $entry) (local.get $entryBytes)))
        (br_if $pixel (i32.lt_u (local.get $entry) (local.get $planEnd))))
      (local.set $source (i32.add (local.get $source) (local.get $sourceRowBytes)))
      (br_if $row (i32.lt_u (local.get $source) (local.get $sourceEnd)))))

  ;; Down the columns, sixteen samples of two rows at a time; what they are makes no difference. What is written beyond a row is
  ;; overwritten by the next one: fifteen bytes after the target must exist, and a row and fifteen bytes after the source.
  (func (export "resizeColumns")
    (param $source i32) (param $rowBytes i32)
    (param $plan i32) (param $planEnd i32) (param $entryBytes i32)
    (param $target i32)
    (local $column i32) (local $at i32) (local $coefficient i32) (local $coefficientEnd i32)
    (local $first v128) (local $second v128) (local $both v128) (local $samples v128)
    (local $upperWeight v128) (local $lowerWeight v128)
    (local $upper0 v128) (local $upper1 v128) (local $upper2 v128) (local $upper3 v128)
    (local $lower0 v128) (local $lower1 v128) (local $lower2 v128) (local $lower3 v128)
    (loop $row
      (local.set $column (i32.const 0))
      (loop $columns
        (local.set $at
          (i32.add (i32.add (local.get $source) (local.get $column)) (i32.load (local.get $plan))))
        (local.set $coefficient (i32.add (local.get $plan) (i32.const 8)))
        (local.set $coefficientEnd (i32.add (local.get $coefficient) (i32.load offset=4 (local.get $plan))))
        (local.set $upper0 (v128.const i32x4 0 0 0 0))
        (local.set $lower0 (i32x4.splat (i32.const 0x200000)))
        (local.set $upper1 (v128.const i32x4 0 0 0 0))
        (local.set $lower1 (i32x4.splat (i32.const 0x200000)))
        (local.set $upper2 (v128.const i32x4 0 0 0 0))
        (local.set $lower2 (i32x4.splat (i32.const 0x200000)))
        (local.set $upper3 (v128.const i32x4 0 0 0 0))
        (local.set $lower3 (i32x4.splat (i32.const 0x200000)))
        (loop $taps
          (local.set $upperWeight (v128.load32_splat (local.get $coefficient)))
          (local.set $lowerWeight (v128.load32_splat offset=4 (local.get $coefficient)))
          (local.set $first (v128.load (local.get $at)))
          (local.set $at (i32.add (local.get $at) (local.get $rowBytes)))
          (local.set $second (v128.load (local.get $at)))
          (local.set $at (i32.add (local.get $at) (local.get $rowBytes)))
          ;; Samples that lie above one another come to lie side by side.
          (local.set $both
            (i8x16.shuffle 0 16 1 17 2 18 3 19 4 20 5 21 6 22 7 23 (local.get $first) (local.get $second)))
          (local.set $samples (i16x8.extend_low_i8x16_u (local.get $both)))
          (local.set $upper0
            (i32x4.add (local.get $upper0) (i32x4.dot_i16x8_s (local.get $samples) (local.get $upperWeight))))
          (local.set $lower0
            (i32x4.add (local.get $lower0) (i32x4.dot_i16x8_s (local.get $samples) (local.get $lowerWeight))))
          (local.set $samples (i16x8.extend_high_i8x16_u (local.get $both)))
          (local.set $upper1
            (i32x4.add (local.get $upper1) (i32x4.dot_i16x8_s (local.get $samples) (local.get $upperWeight))))
          (local.set $lower1
            (i32x4.add (local.get $lower1) (i32x4.dot_i16x8_s (local.get $samples) (local.get $lowerWeight))))
          (local.set $both
            (i8x16.shuffle 8 24 9 25 10 26 11 27 12 28 13 29 14 30 15 31 (local.get $first) (local.get $second)))
          (local.set $samples (i16x8.extend_low_i8x16_u (local.get $both)))
          (local.set $upper2
            (i32x4.add (local.get $upper2) (i32x4.dot_i16x8_s (local.get $samples) (local.get $upperWeight))))
          (local.set $lower2
            (i32x4.add (local.get $lower2) (i32x4.dot_i16x8_s (local.get $samples) (local.get $lowerWeight))))
          (local.set $samples (i16x8.extend_high_i8x16_u (local.get $both)))
          (local.set $upper3
            (i32x4.add (local.get $upper3) (i32x4.dot_i16x8_s (local.get $samples) (local.get $upperWeight))))
          (local.set $lower3
            (i32x4.add (local.get $lower3) (i32x4.dot_i16x8_s (local.get $samples) (local.get $lowerWeight))))
          (local.set $coefficient (i32.add (local.get $coefficient) (i32.const 8)))
          (br_if $taps (i32.lt_u (local.get $coefficient) (local.get $coefficientEnd))))
        (v128.store
          (i32.add (local.get $target) (local.get $column))
          (i8x16.narrow_i16x8_u
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s
                (i32x4.add (i32x4.shl (local.get $upper0) (i32.const 8)) (local.get $lower0))
                (i32.const 22))
              (i32x4.shr_s
                (i32x4.add (i32x4.shl (local.get $upper1) (i32.const 8)) (local.get $lower1))
                (i32.const 22)))
            (i16x8.narrow_i32x4_s
              (i32x4.shr_s
                (i32x4.add (i32x4.shl (local.get $upper2) (i32.const 8)) (local.get $lower2))
                (i32.const 22))
              (i32x4.shr_s
                (i32x4.add (i32x4.shl (local.get $upper3) (i32.const 8)) (local.get $lower3))
                (i32.const 22)))))
        (local.set $column (i32.add (local.get $column) (i32.const 16)))
        (br_if $columns (i32.lt_u (local.get $column) (local.get $rowBytes))))
      (local.set $target (i32.add (local.get $target) (local.get $rowBytes)))
      (local.set $plan (i32.add (local.get $plan) (local.get $entryBytes)))
      (br_if $row (i32.lt_u (local.get $plan) (local.get $planEnd))))))
