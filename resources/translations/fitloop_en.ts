<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name></name>
    <message numerus="yes">
        <source>%n people who were there already have these guesses beside others.</source>
        <translation>
            <numerusform>%n person who was there already has this guess beside others.</numerusform>
            <numerusform>%n people who were there already have these guesses beside others.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n guesses are of nobody in the photos that were there: mark these people, and add the file again.</source>
        <translation>
            <numerusform>%n guess is of nobody in the photos that were there: mark this person, and add the file again.</numerusform>
            <numerusform>%n guesses are of nobody in the photos that were there: mark these people, and add the file again.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photos were there already and stay as they are.</source>
        <translation>
            <numerusform>%n photo was there already and stays as it is.</numerusform>
            <numerusform>%n photos were there already and stay as they are.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Add %n photos</source>
        <translation>
            <numerusform>Add %n photo</numerusform>
            <numerusform>Add %n photos</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{file}: %n people, {usable} with a fit to train on</source>
        <translation>
            <numerusform>{file}: %n person, {usable} with a fit to train on</numerusform>
            <numerusform>{file}: %n people, {usable} with a fit to train on</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photos found.</source>
        <translation>
            <numerusform>%n photo found.</numerusform>
            <numerusform>%n photos found.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n missing: {names}.</source>
        <translation>
            <numerusform>%n missing: {names}.</numerusform>
            <numerusform>%n missing: {names}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n at several places: {names}.</source>
        <translation>
            <numerusform>%n at several places: {names}.</numerusform>
            <numerusform>%n at several places: {names}.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n meshes, one a person, in {folder}: {first} … {last}</source>
        <translation>
            <numerusform>%n mesh in {folder}: {first}</numerusform>
            <numerusform>%n meshes, one a person, in {folder}: {first} … {last}</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n fits left out, because they were rejected</source>
        <translation>
            <numerusform>%n fit left out, because it was rejected</numerusform>
            <numerusform>%n fits left out, because they were rejected</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{name}, {at}: nothing new for %n minutes, so it has ended or hangs</source>
        <translation>
            <numerusform>{name}, {at}: nothing new for %n minute, so it has ended or hangs</numerusform>
            <numerusform>{name}, {at}: nothing new for %n minutes, so it has ended or hangs</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n iterations</source>
        <translation>
            <numerusform>%n iteration</numerusform>
            <numerusform>%n iterations</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people found</source>
        <translation>
            <numerusform>%n person found</numerusform>
            <numerusform>%n people found</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{done} of %n people fitted</source>
        <translation>
            <numerusform>{done} of %n person fitted</numerusform>
            <numerusform>{done} of %n people fitted</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{done} of %n people guessed</source>
        <translation>
            <numerusform>{done} of %n person guessed</numerusform>
            <numerusform>{done} of %n people guessed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n failed</source>
        <translation>
            <numerusform>%n failed</numerusform>
            <numerusform>%n failed</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n locked</source>
        <translation>
            <numerusform>%n locked</numerusform>
            <numerusform>%n locked</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{done} of %n people compared</source>
        <translation>
            <numerusform>{done} of %n person compared</numerusform>
            <numerusform>{done} of %n people compared</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n fits differ: the queue&apos;s filter of warnings shows them, Shift+G both bodies</source>
        <translation>
            <numerusform>%n fit differs: the queue&apos;s filter of warnings shows it, Shift+G both bodies</numerusform>
            <numerusform>%n fits differ: the queue&apos;s filter of warnings shows them, Shift+G both bodies</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n not reached</source>
        <translation>
            <numerusform>%n not reached</numerusform>
            <numerusform>%n not reached</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n without keypoints</source>
        <translation>
            <numerusform>%n without keypoints</numerusform>
            <numerusform>%n without keypoints</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n locked people stay as they were</source>
        <translation>
            <numerusform>%n locked person stays as they were</numerusform>
            <numerusform>%n locked people stay as they were</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people</source>
        <translation>
            <numerusform>%n person</numerusform>
            <numerusform>%n people</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Time left: after %n more verdicts</source>
        <translation>
            <numerusform>Time left: after %n more verdict</numerusform>
            <numerusform>Time left: after %n more verdicts</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>{file}: %n frames</source>
        <translation>
            <numerusform>{file}: %n frame</numerusform>
            <numerusform>{file}: %n frames</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n of the frames were made from the fits before and after them</source>
        <translation>
            <numerusform>%n of the frames was made from the fits before and after it</numerusform>
            <numerusform>%n of the frames were made from the fits before and after them</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people have a track now</source>
        <translation>
            <numerusform>%n person has a track now</numerusform>
            <numerusform>%n people have a track now</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n photos were there already without people, and have them now.</source>
        <translation>
            <numerusform>%n photo was there already without people, and has them now.</numerusform>
            <numerusform>%n photos were there already without people, and have them now.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people at the end have no photo any more; undo brings them back.</source>
        <translation>
            <numerusform>%n person at the end has no photo any more; undo brings them back.</numerusform>
            <numerusform>%n people at the end have no photo any more; undo brings them back.</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n people of the photo stand beside each other</source>
        <translation>
            <numerusform>%n person of the photo stands alone</numerusform>
            <numerusform>%n people of the photo stand beside each other</numerusform>
        </translation>
    </message>
</context>
</TS>
